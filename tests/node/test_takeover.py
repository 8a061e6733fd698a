"""What Seldon Core v1 left in a cluster is taken over: pods that are all right stay, others make way without a gap."""

from __future__ import annotations

import http.client
import json
import re
import shlex
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from demo import traffic
from demo.kubectl import Target, until
from demo.target import ROOT
from tests.node import left_by_v1, units
from tests.node.mlflow import Mlflow
from tests.node.operators import CONTROLLER, operators

NAMESPACE = "sdep-takeover"
GUIDE = ROOT / "docs" / "guides" / "migration.md"
SECRET = {
    "AWS_ACCESS_KEY_ID": "minio",
    "AWS_SECRET_ACCESS_KEY": "minio123",
    "MLFLOW_S3_ENDPOINT_URL": "http://minio-service.data-platform.svc.cluster.local:9000",
}


@pytest.fixture
def namespace(target: Target) -> Iterator[str]:
    target.kubectl("create", "namespace", NAMESPACE)
    yield NAMESPACE
    target.kubectl("delete", "namespace", NAMESPACE)


def manifest(name: str, predictor: dict[str, Any], **spec: object) -> dict[str, Any]:
    labels = {"seldon.io/controller-id": CONTROLLER}
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {"predictors": [{"name": "main", "replicas": 1, "traffic": 100, **predictor}], **spec},
    }


def containers(image: str) -> dict[str, Any]:
    """Two units in pods of their own, and the engine in a third."""
    graph = {
        "name": "scale",
        "type": "TRANSFORMER",
        "children": [{"name": "price", "type": "MODEL", "children": []}],
    }
    pods = [
        {"spec": {"containers": [units.container(name, image, add)]}} for name, add in (("scale", 1), ("price", 10))
    ]
    predictor = {"graph": graph, "componentSpecs": pods}
    return manifest("kept", predictor, annotations={"seldon.io/engine-separate-pod": "true"})


def pods(target: Target, selector: str) -> dict[str, str]:
    """The uid of every pod that is not on its way out, by name."""
    found = target.get("pods", "-n", NAMESPACE, "-l", selector)["items"]
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in found if not is_leaving(pod)}


def is_leaving(pod: dict[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def addresses(target: Target) -> dict[str, str]:
    return {
        body["metadata"]["name"]: body["spec"]["clusterIP"] for body in target.get("services", "-n", NAMESPACE)["items"]
    }


def wait_rolled_out(target: Target) -> None:
    for body in target.get("deployments", "-n", NAMESPACE)["items"]:
        target.kubectl("rollout", "status", f"deploy/{body['metadata']['name']}", "-n", NAMESPACE, "--timeout=180s")


def wait_taken_over(target: Target, name: str) -> None:
    """Ready by our own word: v1 wrote none of our conditions."""

    def ready() -> bool:
        status = target.get("sdep", name, "-n", NAMESPACE).get("status", {})
        found = {each["type"]: each["status"] for each in status.get("conditions", ())}
        return found.get("Ready") == "True" and found.get("ChildrenApplied") == "True"

    until(ready, f"{name} is Ready", 240)


def managers(target: Target, kind: str) -> dict[str, set[str]]:
    """Who manages what of each object, but for its status."""
    listed = json.loads(target.kubectl("get", kind, "-n", NAMESPACE, "-o", "json", "--show-managed-fields"))
    return {
        body["metadata"]["name"]: {
            entry["manager"] for entry in body["metadata"]["managedFields"] if not entry.get("subresource")
        }
        for body in listed["items"]
    }


class Load:
    """Requests through the gateway, one after the other, from the start of the block to its end."""

    def __init__(self, target: Target, name: str) -> None:
        self.codes: Counter[int] = Counter()
        self._path = f"/seldon/{NAMESPACE}/{name}/api/v1.0/predictions"
        self._gateway = target.gateway
        self._over = threading.Event()

    def run(self) -> None:
        with closing(http.client.HTTPConnection(self._gateway, timeout=10)) as connection:
            while not self._over.wait(0.01):
                self.codes[posted(connection, self._path)] += 1

    @contextmanager
    def running(self) -> Iterator[Load]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()


def posted(connection: http.client.HTTPConnection, path: str) -> int:
    """The status of a prediction, whatever it is."""
    connection.request("POST", path, traffic.BODY, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def wait_routed(target: Target, name: str) -> None:
    """Until the gateway knows the route that v1 left."""

    def routed() -> bool:
        with closing(http.client.HTTPConnection(target.gateway, timeout=10)) as connection, suppress(OSError):
            return posted(connection, f"/seldon/{NAMESPACE}/{name}/api/v1.0/predictions") == 200
        return False

    until(routed, f"the gateway routes {name}")


def test_pods_that_need_no_change_stay_and_the_engine_makes_way_without_a_gap(
    target: Target, namespace: str, tmp_path: Path
) -> None:
    stored = left_by_v1.leave(target, containers(target.images["runtime"]), target.images["runtime"])
    for leaked in left_by_v1.leaked(namespace, "kept-canary", stored):
        target.kubectl("create", "--field-manager=manager", "-f", "-", stdin=json.dumps(leaked))
    wait_rolled_out(target)
    wait_routed(target, "kept")
    units_before = pods(target, "seldon-app-svc-scale") | pods(target, "seldon-app-svc-price")
    services, engines = addresses(target), pods(target, "seldon-app=kept-main")
    assert (len(units_before), len(services), len(engines)) == (2, 3, 1)
    load = Load(target, "kept")
    with operators(target, namespace, tmp_path, "successor"), load.running():
        wait_taken_over(target, "kept")
        until(lambda: not engines.items() & pods(target, "seldon-app=kept-main").items(), "v1's engine is gone", 60)
        until(lambda: "kept-canary" not in managers(target, "destinationrules,hpa"), "what v1 leaked is gone", 60)
        assert traffic.predict(target, NAMESPACE, "kept", [[1.0, 2.0]]) == [[12.0, 13.0]]
    assert set(load.codes) == {200}
    assert pods(target, "seldon-app-svc-scale") | pods(target, "seldon-app-svc-price") == units_before
    assert addresses(target) == services
    for kind in ("deployments", "services", "virtualservices", "destinationrules"):
        assert "manager" not in set().union(*managers(target, kind).values()), kind
    (engine,) = target.get("deployment", "kept-main-svc-orch", "-n", namespace)["spec"]["template"]["spec"][
        "containers"
    ]
    assert engine["args"] == ["serve"]
    assert "command" not in engine


def test_a_prepackaged_server_is_replaced_by_ours_without_a_gap(
    target: Target, namespace: str, tmp_path: Path, mlflow: Mlflow
) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "storage", "namespace": namespace}}
    target.apply(json.dumps({**secret, "stringData": SECRET}))
    question = "model-versions/get-download-uri?name=commodity_price_predictor&version=1"
    uri = mlflow.call("GET", question)["artifact_uri"]
    graph = {"name": "price", "implementation": "MLFLOW_SERVER", "modelUri": uri, "envSecretRefName": "storage"}
    left_by_v1.leave(target, manifest("served", {"graph": graph}), target.images["runtime"])
    wait_rolled_out(target)
    wait_routed(target, "served")
    services, old = addresses(target), pods(target, "seldon-app=served-main")
    load = Load(target, "served")
    with operators(target, namespace, tmp_path, "successor"), load.running():
        wait_taken_over(target, "served")
        until(lambda: not old.items() & pods(target, "seldon-app=served-main").items(), "v1's pod is gone", 60)
        (price,) = traffic.predict(target, NAMESPACE, "served", [traffic.ROW])
    assert 60 < price < 100
    assert set(load.codes) == {200}
    assert addresses(target) == services
    pod = target.get("deployment", "served-main-0-price", "-n", namespace)["spec"]["template"]["spec"]
    assert [container["name"] for container in pod["containers"]] == ["seldon-container-engine"]
    assert pod["containers"][0]["args"] == ["serve"]
    assert "command" not in pod["containers"][0]
    assert "command" not in pod["initContainers"][0]
    assert "manager" not in set().union(*managers(target, "deployments").values())


def guide(step: str) -> list[list[str]]:
    """The commands of a step of docs/guides/migration.md, in the order in which they stand."""
    part = GUIDE.read_text().split(f"\n## {step}", 1)[1].split("\n## ", 1)[0]
    lines = [
        line
        for block in re.findall(r"```text\n(.*?)```", part, re.DOTALL)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [shlex.split(line) for line in lines]


def test_v1s_controller_is_stopped_as_the_guide_says(target: Target, namespace: str) -> None:
    """With a Deployment and a webhook configuration that have v1's names, in a namespace of the test's own."""
    labels = {"app": "seldon-controller-manager"}
    container = {"name": "manager", "image": target.images["runtime"], "command": ["sleep", "infinity"]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 0}}
    controller = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "seldon-controller-manager", "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    webhooks = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": f"seldon-validating-webhook-configuration-{namespace}"},
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a-release", "namespace": namespace, "labels": {"owner": "helm", "name": "seldon-core"}},
    }
    for body in (controller, webhooks, secret):
        target.apply(json.dumps(body))
    target.kubectl("rollout", "status", "deploy/seldon-controller-manager", "-n", namespace, "--timeout=120s")
    for command in [*guide("2. "), *guide("3. ")[:2]]:
        target.run(*(word.replace("seldon-system", namespace) for word in command))
    assert not target.get("deployments", "-n", namespace)["items"]
    assert not target.get("secrets", "-n", namespace, "-l", "owner=helm")["items"]
    assert webhooks["metadata"]["name"] not in target.kubectl("get", "validatingwebhookconfigurations", "-o", "name")


def test_what_is_there_is_looked_at_as_the_guide_says(target: Target, namespace: str, tmp_path: Path) -> None:
    body = containers(target.images["runtime"])
    target.apply(json.dumps(body))
    dumped = tmp_path / "sdeps.yaml"
    dumped.write_text(target.kubectl("get", "sdep", "-n", namespace, "-o", "yaml"))
    dump, lint, render = guide("1. ")
    assert dump[-1] == lint[-1] == render[-1] == dumped.name
    for command in (lint, render):
        said = target.run(sys.executable, "-m", *command[:-1], str(dumped))
    assert "kept-main-svc-orch" in said
