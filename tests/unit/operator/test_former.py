"""A predictor that is given another Service: routes follow once the new one finds pods, and the former stays until they have."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.cli.foreseen import foreseen
from sdep.cluster.diff import diff, stamped
from sdep.operator.children import new_to_gateways
from sdep.operator.decision import Decision, Sight, Trials, decide, look
from sdep.operator.removal import may_make_way, next_to_go, removable
from sdep.operator.store import Store
from sdep.plan import Plan
from sdep.registry.pin import Pinning
from sdep.render import render
from sdep.settings import IngressName, OperatorSettings

UID = "1"
DEPLOYMENT = "prices-main-0-model"
NOTHING = Pinning({}, {}, ())


def sdep(service: str = "", *more: dict[str, Any]) -> SeldonDeployment:
    annotations = {"seldon.io/svc-name": service} if service else {}
    main = {"name": "main", "graph": {"name": "model", "implementation": "SIMPLE_MODEL"}, "annotations": annotations}
    metadata = {"name": "prices", "namespace": "data", "uid": UID}
    body = {"apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment", "metadata": metadata}
    return with_defaults(parse({**body, "spec": {"predictors": [main, *more]}}))


class Cluster:
    """What the watches have told of a cluster that does what it is told."""

    def __init__(self, ingress: IngressName) -> None:
        self.store = Store()
        self._settings = OperatorSettings(runtime_image="r", ingress=ingress)
        self._version = 0

    def decide(self, given: SeldonDeployment) -> Decision:
        return decide(self.look(given), NOTHING, Trials())

    def look(self, given: SeldonDeployment) -> Sight:
        return look(given.key, given, NOTHING, self.store, self._settings)

    def make(self, decision: Decision, available: int) -> None:
        for manifest in decision.desired:
            body = stamped(manifest).body
            if manifest.key.kind == "Deployment":
                counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), available)
                body = {**body, "status": {"observedGeneration": 1, **counts}}
            self._version += 1
            told = {"uid": f"{manifest.key.kind}-{self._version}", "resourceVersion": str(self._version)}
            self.store.put_child({**body, "metadata": {**body["metadata"], **told, "generation": 1}})

    def run(self, name: str, service: str, *, ready: bool) -> None:
        """A pod that the Deployment made, or one of that name before it."""
        labels = {"seldon-deployment-id": "prices", "seldon-app": service, "pod-template-hash": name}
        owner = {"kind": "ReplicaSet", "name": f"{DEPLOYMENT}-{name}"}
        metadata = {"name": name, "namespace": "data", "labels": labels, "ownerReferences": [owner]}
        status = {"conditions": [{"type": "Ready", "status": str(ready)}]}
        self.store.put_pod({"metadata": metadata, "status": status})

    def planned_by_diff(self, given: SeldonDeployment) -> Plan:
        return foreseen(
            given, None, {}, self._settings, self.store.children(given.key).values(), self.store.pods(given.key)
        )

    def stale(self, given: SeldonDeployment) -> set[str]:
        """What goes when it may: kinds and names."""
        decision = self.decide(given)
        changes = diff(decision.desired, self.store.children(given.key), UID)
        going = removable(changes.delete, decision.observed, decision.plan.former_services.values())
        return {f"{body['kind']}/{body['metadata']['name']}" for body in going}


def routed(decision: Decision) -> set[str]:
    """The Services that routes name."""
    text = str([made.body["spec"] for made in decision.desired if made.key.kind in {"VirtualService", "HTTPRoute"}])
    return {name for name in ("prices-main", "bee") if f"'{name}" in text}


@pytest.fixture(params=["istio", "gateway-api"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """With one predictor that serves."""
    found = Cluster(request.param)
    found.make(found.decide(sdep()), available=1)
    found.run("old", "prices-main", ready=True)
    assert routed(found.decide(sdep())) == {"prices-main"}
    return found


def test_routes_name_the_former_service_until_the_new_one_has_its_pods(cluster: Cluster) -> None:
    """The Deployment makes way at once, and leaves its pods; they count as the predictor's."""
    decision = cluster.decide(sdep("bee"))
    assert routed(decision) == {"prices-main"}
    rules = {made.key.name for made in decision.desired if made.key.kind == "DestinationRule"}
    assert rules in ({"prices-main", "bee"}, set()), "a gateway learns of the new one before routes name it"
    assert may_make_way(decision.observed) == {DEPLOYMENT}
    assert decision.observed[0].answers
    assert "Service/prices-main" not in cluster.stale(sdep("bee"))

    cluster.make(decision, available=0)
    cluster.run("new", "bee", ready=False)
    assert routed(cluster.decide(sdep("bee"))) == {"prices-main"}

    cluster.make(decision, available=1)
    cluster.run("new", "bee", ready=True)
    assert routed(cluster.decide(sdep("bee"))) == {"bee"}
    assert "Service/prices-main" in cluster.stale(sdep("bee"))


def test_diff_foresees_the_service_that_the_operator_routes_to(cluster: Cluster) -> None:
    """Before the former Deployment has made way, and while its pods answer until the new ones do."""

    def same() -> bool:
        return render(cluster.planned_by_diff(sdep("bee"))) == cluster.decide(sdep("bee")).desired

    assert same()
    cluster.make(cluster.decide(sdep("bee")), available=0)
    cluster.run("new", "bee", ready=False)
    assert same()
    assert cluster.planned_by_diff(sdep("bee")).former_services == {"main": "prices-main"}
    cluster.make(cluster.decide(sdep("bee")), available=1)
    cluster.run("new", "bee", ready=True)
    assert same()
    assert not cluster.planned_by_diff(sdep("bee")).former_services


def test_a_former_service_whose_pods_are_gone_is_of_no_use(cluster: Cluster) -> None:
    cluster.run("old", "prices-main", ready=False)
    assert routed(cluster.decide(sdep("bee"))) == {"bee"}


def test_a_former_service_that_is_anothers_now_is_not_routed_to_for_this_one(cluster: Cluster) -> None:
    """Soon it finds the other's pods."""
    graph = {"name": "model", "implementation": "SIMPLE_MODEL"}
    other = {"name": "other", "traffic": 0, "graph": graph, "annotations": {"seldon.io/svc-name": "prices-main"}}
    assert routed(cluster.decide(sdep("bee", other))) == {"bee"}


def test_routes_wait_for_what_gateways_hear_of_for_the_first_time(cluster: Cluster) -> None:
    """Where nothing is routed yet, or nothing new is named, nobody waits."""

    def waits(given: SeldonDeployment, where: Cluster) -> bool:
        live = where.store.children(given.key)
        return new_to_gateways(diff(where.decide(given).desired, live, UID), live)

    istio = any(key.kind == "DestinationRule" for key in cluster.store.children(sdep().key))
    assert waits(sdep("bee"), cluster) == istio  # HTTPRoutes name Services alone, of which gateways hear by themselves
    assert not waits(sdep(), cluster)
    assert not waits(sdep("bee"), Cluster("istio"))


def test_routes_go_before_what_they_name() -> None:
    """A gateway is told of the one before the other is gone."""
    kinds = ("Deployment", "Service", "DestinationRule", "VirtualService")
    bodies = [{"kind": kind, "metadata": {"name": "a"}} for kind in kinds]
    assert next_to_go(bodies) == bodies[3:]
    assert next_to_go(bodies[:3]) == bodies[:3]
