"""A store as the watches fill it: an ensemble, a canary on trial, and a model that cannot be fetched."""

from __future__ import annotations

from typing import Any

from sdep.operator.store import Store

Body = dict[str, Any]
NAMESPACE = "models"
STARTED = "2026-01-01T00:00:00Z"
HOSTILE = '<img src=x onerror="document.title=`owned`">'
"""A text that a careless page would run."""
MADE = {
    "commit": "1a2b3c4d5e6f7081",
    "image": "train@sha256:" + "ab" * 32,
    "data": [{"name": HOSTILE, "digest": "9f86"}],
}
"""What a model was made of."""
_GROUP = "machinelearning.seldon.io"


def filled() -> Store:
    store = Store()
    for body in (ensemble(), canary(), failing()):
        store.put_sdep(body)
    for sdep, predictor, unit, ready in (
        ("ensemble", "default", "average", True),
        ("prices", "main", "price", True),
        ("prices", "canary", "price", True),
        ("volumes", "default", "volume", False),
    ):
        store.put_child(deployment(sdep, predictor, unit, available=int(ready)))
        store.put_pod(pod(sdep, predictor, unit, ready=ready))
    return store


def sdep(name: str, predictors: list[Body], status: Body, *, version: int = 1, **spec: object) -> Body:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "SeldonDeployment",
        "metadata": {**_metadata(name, version), "generation": 1, "creationTimestamp": STARTED},
        "spec": {"predictors": predictors, **spec},
        "status": {"observedGeneration": 1, **status},
    }


def ensemble() -> Body:
    models = [("forest", "3"), ("boosting", "7"), ("a-linear-model-with-a-name-that-is-long", "1")]
    graph = {
        "name": "average",
        "implementation": "AVERAGE_COMBINER",
        "children": [{"name": name, "modelUri": f"models:/{name}@champion"} for name, _ in models],
    }
    pins = [pin("default", name, f"models:/{name}@champion", version) for name, version in models]
    return sdep("ensemble", [{"name": "default", "graph": graph}], ready([weight("default", 100)], pins, "default 100"))


def canary(
    *findings: Body,
    step: int = 1,
    share: int = 25,
    version: int = 1,
    message: str = HOSTILE,
    phase: str = "Progressing",
) -> Body:
    """The second of three steps, with findings of every verdict unless others are given."""
    uris = {"main": "models:/price/1", "canary": "models:/price/2"}
    predictors = [{"name": name, "graph": {"name": "price", "modelUri": uri}} for name, uri in uris.items()]
    earlier = {
        "version": "0",
        "name": "price",
        "artifactUri": "s3://m/0",
        "replacedAt": STARTED,
        "cause": "the alias moved",
    }
    pins = [
        pin("main", "price", uris["main"], "1", history=[earlier], origin=MADE),
        pin("canary", "price", uris["canary"], "2"),
    ]
    rollout = {
        "phase": phase,
        "reason": "Analysing",
        "message": message,
        "canary": "canary",
        "stable": "main",
        "revision": "abc",
        "step": step,
        "steps": 3,
        "weight": share,
        "startedAt": STARTED,
        "stepStartedAt": "2026-01-01T00:05:00Z",
        "findings": list(findings or every_verdict()),
        "gates": [{"name": "desk", "at": STARTED, "code": 503, "message": "nobody has signed"}],
        "history": [
            {
                "at": "2026-01-01T00:05:00Z",
                "by": "analysis",
                "what": "step 1 of 3 passed",
                "why": "every metric passed",
            },
            {"at": STARTED, "by": "analysis", "what": "trial of canary (abc) began"},
        ],
    }
    steps = [{"weight": 5, "duration": "5m"}, {"weight": 25, "duration": "5m"}]
    steps.append({"weight": 50, "duration": "10m", "approval": "Manual"})
    weights = [weight("main", 100 - share), weight("canary", share)]
    status = {**ready(weights, pins, f"main {100 - share}, canary {share}"), "rollout": rollout}
    return sdep("prices", predictors, status, version=version, rollout={"canary": "canary", "steps": steps})


def compared(version: int) -> Body:
    """The same two predictors in an experiment that one of them has won."""
    body = canary(version=version)
    del body["status"]["rollout"]
    arm = {"requests": 1200, "errors": 3, "latencyP50": 0.012, "models": ["price:1"]}
    found = {"metric": "correct", "arm": "canary", "reference": "main", "verdict": "Better", "message": HOSTILE}
    body["status"]["experiment"] = {
        "phase": "Decided",
        "reason": "WinnerDeclared",
        "message": HOSTILE,
        "winner": "canary",
        "goal": "correct",
        "startedAt": STARTED,
        "arms": [{"name": "main", **arm, "correct": 600, "incorrect": 400}, {"name": "canary", **arm}],
        "findings": [{**found, "estimate": -20.0, "low": -26.0, "high": -13.0}],
    }
    return body


def drifted(version: int) -> Body:
    """The same, and what the stable predictor sees has drifted; of the canary no window is whole yet."""
    body = canary(version=version)
    state = {"predictor": "main", "reason": "FeaturesDrifted", "message": HOSTILE, "reference": "r", "since": STARTED}
    oil = {"kind": "feature", "name": HOSTILE, "drifted": True, "distance": 34.2, "pValue": 1e-9, "rows": 1000}
    value = {"kind": "prediction", "name": "value", "distance": 3.0, "pValue": 0.4, "missing": 1.5, "rows": 1000}
    window = {"since": STARTED, "at": STARTED, "rows": 1000, "drifted": 1, "furthest": HOSTILE, "distance": 34.2}
    body["status"]["drift"] = [
        {**state, "rows": 12, "counts": {"feature oil": "1 2|0 0 0"}, "findings": [oil, value], "windows": [window]},
        {**state, "predictor": "canary", "reason": "Collecting", "message": "the first window is being collected"},
    ]
    return body


def explained(port: int, *others: Body, version: int = 1) -> list[Body]:
    """A SeldonDeployment with an explainer that listens on this machine, and a pod of it that is ready; `others` beside it."""
    explainer = {"type": "KernelShap", "endpoint": {"service_port": port}}
    graph = {"name": "price", "modelUri": "models:/price/1"}
    pins = [pin("main", "price", "models:/price/1", "1")]
    predictors = [{"name": "main", "graph": graph, "explainer": explainer}, *others]
    status = ready([weight("main", 100)], pins, "main 100")
    return [sdep("explained", predictors, status, version=version), explainer_pod()]


def explainer_pod(name: str = "explained-main-explainer-7", *, ready: bool = True, version: int = 1) -> Body:
    labels = {
        "seldon-deployment-id": "explained",
        "seldon-app": "explained-main-explainer",
        "seldon.io/explainer": "true",
    }
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "kind": "Pod",
        "metadata": {**_metadata(name, version), "labels": labels, "creationTimestamp": STARTED},
        "status": {"phase": "Running", "podIP": "127.0.0.1", "conditions": conditions},
    }


def shadowed(version: int) -> Body:
    """The same with a shadow that was compared, and one of which nothing is known yet."""
    body = canary(version=version)
    spread = {"p05": -0.5, "p50": 0.002, "p95": 0.004, "p99": 0.3}
    tests = [{"measure": "latency", "more": 90, "less": 10, "pValue": 1e-9}, {"measure": "numbers", "pValue": 0.4}]
    begun = {"shadow": "young", "revision": "r", "since": STARTED, "message": "no request was answered by both yet"}
    body["status"]["comparisons"] = [
        {
            **begun,
            "shadow": "forest",
            "message": HOSTILE,
            "pairs": 100,
            "compared": 99,
            "alike": 95,
            "agreement": {"estimate": 0.96, "low": 0.9, "high": 0.99},
            "delta": spread,
            "slower": spread,
            "tests": tests,
            "shadowFailed": 1,
            "flips": [{"live": HOSTILE, "shadow": "cheap", "rows": 4}],
        },
        begun,
    ]
    return body


def every_verdict() -> list[Body]:
    failed = "0.2 % of 4,210 requests failed, 0.1 % of 12,600 at the stable predictor"
    nothing = finding("predictions", "NoData", "nothing is judged yet", threshold=10.0)
    return [
        finding("errors", "Pass", failed, estimate=0.05, low=-0.4, high=0.31, threshold=0.5),
        finding("latency", "Inconclusive", "99 % took up to 31 ms", estimate=11.0, low=-3.0, threshold=25.0),
        finding("refusals", "Fail", "4.4 % of 4,210 were refused", estimate=4.2, low=2.9, high=5.6, threshold=2.0),
        {**nothing, "dryRun": True},
        finding("profit", "Pass", "Prometheus answered 12.5, and it has to be > 10", estimate=12.5, threshold=10.0),
    ]


def finding(metric: str, verdict: str, message: str, **bounds: float) -> Body:
    """A bound that is left out is not known."""
    return {"metric": metric, "verdict": verdict, "samples": 4210, "stableSamples": 12600, "message": message, **bounds}


def failing() -> Body:
    message = "models:/volume/9: the registry has no such version"
    conditions = [
        {"type": "DeploymentsReady", "status": "False", "reason": "ImagePullBackOff", "message": message},
        {"type": "Ready", "status": "False", "reason": "ImagePullBackOff", "message": message},
    ]
    status = {
        "state": "Failed",
        "summary": {"ready": "0/1", "traffic": "default 100", "models": ""},
        "predictors": [weight("default", 100, routed=0)],
        "conditions": conditions,
    }
    graph = {"name": "volume", "modelUri": "models:/volume/9"}
    return sdep("volumes", [{"name": "default", "graph": graph}], status)


def ready(predictors: list[Body], pins: list[Body], traffic: str) -> Body:
    models = ", ".join(f"{found['name']}/{found['version']}" for found in pins)
    return {
        "state": "Available",
        "summary": {"ready": f"{len(predictors)}/{len(predictors)}", "traffic": traffic, "models": models},
        "address": {"url": "http://gateway/seldon/models/x/api/v1.0/predictions"},
        "predictors": predictors,
        "models": pins,
        "conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": ""}],
    }


def weight(name: str, asked: int, routed: int | None = None) -> Body:
    return {"name": name, "requestedTraffic": asked, "traffic": asked if routed is None else routed}


def pin(predictor: str, unit: str, uri: str, version: str, **more: object) -> Body:
    name = uri.removeprefix("models:/").split("@")[0].split("/")[0]
    told = {"predictor": predictor, "unit": unit, "uri": uri, "name": name, "version": version}
    return {**told, "artifactUri": f"s3://m/{name}/{version}", "resolvedAt": STARTED, "cause": "first resolved", **more}


def deployment(of: str, predictor: str, unit: str, *, available: int = 1, version: int = 1) -> Body:
    name = f"{of}-{predictor}-0-{unit}"
    environment = [{"name": "PREDICTOR_ID", "value": predictor}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**_metadata(name, version), "ownerReferences": [_owner(of)], "generation": 1},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "engine", "env": environment}]}}},
        "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": available, "observedGeneration": 1},
    }


def pod(of: str, predictor: str, unit: str, *, ready: bool = True) -> Body:
    deployment_name = f"{of}-{predictor}-0-{unit}"
    state = (
        {"running": {}} if ready else {"waiting": {"reason": "ImagePullBackOff", "message": f"no such image {HOSTILE}"}}
    )
    container = {"name": "engine", "ready": ready, "restartCount": 0, "state": state}
    owner = {"kind": "ReplicaSet", "name": f"{deployment_name}-5d4", "uid": f"rs-{deployment_name}", "controller": True}
    return {
        "kind": "Pod",
        "metadata": {
            **_metadata(f"{deployment_name}-5d4-x2z", 1),
            "labels": {"seldon-deployment-id": of, "pod-template-hash": "5d4"},
            "ownerReferences": [owner],
            "creationTimestamp": STARTED,
        },
        "spec": {"containers": [{"name": "engine"}]},
        "status": {"phase": "Running" if ready else "Pending", "containerStatuses": [container]},
    }


def _metadata(name: str, version: int) -> Body:
    return {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "resourceVersion": str(version)}


def _owner(of: str) -> Body:
    reference = {"apiVersion": f"{_GROUP}/v1", "kind": "SeldonDeployment", "name": of, "uid": f"uid-{of}"}
    return {**reference, "controller": True}
