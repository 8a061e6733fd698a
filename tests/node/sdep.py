"""SeldonDeployments made and read by tests."""

from __future__ import annotations

import json
import re
from typing import Any

from demo import traffic
from demo.kubectl import Target, until

NAMESPACE = "data-platform"
SECRET = "mlflow-credentials"  # noqa: S105 - the name of a secret


def unit(uri: str, **more: object) -> dict[str, Any]:
    return {"modelUri": uri, "envSecretRefName": SECRET, **more}


def manifest(name: str, *predictors: dict[str, Any], **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"predictors": list(predictors), **spec},
    }


def apply(target: Target, body: dict[str, Any]) -> None:
    target.apply(json.dumps(body))


def store(target: Target, body: dict[str, Any]) -> None:
    """Store what the webhook would refuse: as another operator's, and then as ours."""
    metadata = {**body["metadata"], "labels": {"seldon.io/controller-id": "somebody-else"}}
    apply(target, {**body, "metadata": metadata})
    target.kubectl("label", "sdep", body["metadata"]["name"], "-n", NAMESPACE, "seldon.io/controller-id-")


def status(target: Target, name: str) -> dict[str, Any]:
    found: dict[str, Any] = target.get("sdep", name, "-n", NAMESPACE).get("status", {})
    return found


def condition(target: Target, name: str, kind: str) -> dict[str, Any]:
    """The condition, or {} while there is none; only one that is about the newest manifest counts."""
    body = target.get("sdep", name, "-n", NAMESPACE)
    for found in body.get("status", {}).get("conditions", ()):
        if found["type"] == kind and found["observedGeneration"] == body["metadata"]["generation"]:
            return dict(found)
    return {}


def wait_for(target: Target, name: str, kind: str, reason: str, seconds: float = 90) -> dict[str, Any]:
    """Until the condition has the reason; the condition. What it was instead is in the error."""
    try:
        until(lambda: condition(target, name, kind).get("reason") == reason, f"{name}: {kind} is {reason}", seconds)
    except TimeoutError as error:
        raise AssertionError(f"{error}; it is {condition(target, name, kind)}") from error
    return condition(target, name, kind)


def wait_ready(target: Target, name: str, seconds: float = 180) -> None:
    wait_for(target, name, "Ready", "Ready", seconds)


def wait_routed(target: Target, name: str) -> None:
    """Until the gateway has been told of a new route, which takes istiod a moment after the object is Ready."""
    until(lambda: traffic.send(target, NAMESPACE, name, 1, connections=1).failed == 0, f"the gateway routes {name}")


def first_answer(target: Target, namespace: str, name: str, rows: list[list[float]]) -> object:
    """What the gateway answers once it has been told of a new route (until then 404) and of its pods (503)."""
    found: list[object] = []

    def answered() -> bool:
        try:
            found.append(traffic.predict(target, namespace, name, rows))
        except OSError as error:
            if re.search("answers (404|503)", str(error)):
                return False
            raise
        return True

    until(answered, f"the gateway answers for {name}")
    return found[-1]


def patch(target: Target, name: str, path: str, value: object) -> None:
    """The quick start's `kubectl patch --type=json` of one value."""
    operation = json.dumps([{"op": "replace", "path": path, "value": value}])
    target.kubectl("patch", "sdep", name, "-n", NAMESPACE, "--type=json", f"-p={operation}")


def events(target: Target, name: str) -> list[tuple[str, str]]:
    """(reason, message) of every event about a SeldonDeployment."""
    selector = f"involvedObject.kind=SeldonDeployment,involvedObject.name={name}"
    found = target.get("events", "-n", NAMESPACE, "--field-selector", selector)["items"]
    return [(event["reason"], event["message"]) for event in found]


def pods(target: Target, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = target.get("pods", "-n", NAMESPACE, "-l", f"seldon-deployment-id={name}")["items"]
    return found
