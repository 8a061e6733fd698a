"""A namespace with an operator of the test's own, and what both are asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo import operator
from demo.kubectl import Target, until
from tests.node.operators import Operator, operators

SETTINGS = {
    "SDEP_LEADER_ELECTION": "false",
    "SDEP_RESOLVE_INTERVAL_SECONDS": "0.5",
    "SDEP_REGISTRY_TIMEOUT_SECONDS": "1",
    "SDEP_DRAIN_SECONDS": "1",
}
"""Quick, and without a lease: an operator that is killed again and again need not wait for its own."""
CHILDREN = "deployments,services,virtualservices,destinationrules"
OURS = ("-l", "app.kubernetes.io/managed-by=seldon-core")


class Place:
    """A namespace of the test's own."""

    def __init__(self, target: Target, namespace: str) -> None:
        self.target = target
        self.namespace = namespace

    @classmethod
    @contextmanager
    def made(cls, target: Target, namespace: str) -> Iterator[Place]:
        crd = str(operator.CHART / "files" / "crd.yaml")
        target.kubectl("apply", "--server-side", "-f", crd, "--force-conflicts")
        target.kubectl("create", "namespace", namespace)
        yield cls(target, namespace)
        target.kubectl("delete", "namespace", namespace, "--ignore-not-found")

    @contextmanager
    def operator(self, folder: Path, **more: str) -> Iterator[Operator]:
        """One operator, which must be the same process at the end of the block."""
        with operators(self.target, self.namespace, folder, "own", settings={**SETTINGS, **more}) as (found,):
            yield found
            assert found.process.poll() is None, f"the operator ended:\n{found.log.read_text()[-2000:]}"

    def get(self, *query: str) -> dict[str, Any]:
        return self.target.get(*query, "-n", self.namespace)

    def make(self, *bodies: dict[str, Any]) -> None:
        body = {"apiVersion": "v1", "kind": "List", "items": bodies}
        self.target.kubectl("apply", "-n", self.namespace, "-f", "-", stdin=json.dumps(body))

    def delete_all(self) -> None:
        """Every SeldonDeployment, and what they own with them."""
        self.target.kubectl("delete", "sdep", "--all", "-n", self.namespace)
        until(lambda: not self.get(CHILDREN, *OURS)["items"], "all children are gone", 60)

    def children(self) -> dict[str, str]:
        """Every child by kind and name: its uid."""
        items = self.get(CHILDREN, *OURS)["items"]
        return {f"{body['kind']}/{body['metadata']['name']}": body["metadata"]["uid"] for body in items}

    def condition(self, name: str, kind: str) -> dict[str, Any]:
        """The condition, or {} while there is none about the newest manifest."""
        return condition_of(self.get("sdep", name), kind)

    def wait_for(self, name: str, kind: str, reason: str, seconds: float = 30) -> dict[str, Any]:
        """Until the condition has the reason; the condition."""
        try:
            until(lambda: self.condition(name, kind).get("reason") == reason, f"{name}: {kind} is {reason}", seconds)
        except TimeoutError as error:
            raise AssertionError(f"{error}; it is {self.get('sdep', name).get('status')}") from error
        return self.condition(name, kind)


def condition_of(body: dict[str, Any], kind: str) -> dict[str, Any]:
    for found in body.get("status", {}).get("conditions", ()):
        if found["type"] == kind and found["observedGeneration"] == body["metadata"]["generation"]:
            return dict(found)
    return {}
