"""A SeldonDeployment that gets another Service, or another ingress, while requests come in: none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.kubectl import Target, until
from tests.node.load import Load, steady
from tests.node.operators import CONTROLLER
from tests.node.own_operator import Place

pytestmark = pytest.mark.flaky(reruns=0)  # what is promised without an exception is not tried twice

NAME = "moved"
SETTINGS = {
    "SDEP_OTHER_INGRESSES": "gateway-api",
    "SDEP_GATEWAY_API_PARENT": "istio-system/seldon-gateway",
    "SDEP_DRAIN_SECONDS": "5",
}


def change(place: Place, service: str = "", ingress: str = "istio") -> None:
    """Apply the manifest and wait until it is in force and nothing is left of what it replaced."""
    graph = {"name": "model", "implementation": "SIMPLE_MODEL"}
    annotations = {"seldon.io/svc-name": service} if service else {}
    body = {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": NAME, "labels": {"seldon.io/controller-id": CONTROLLER}},
        "spec": {
            "annotations": {"sdep.io/ingress": ingress},
            "predictors": [{"name": "main", "graph": graph, "annotations": annotations}],
        },
    }
    place.make(body)
    wanted = {"Service": {service or f"{NAME}-main"}, "pods": 1, "routes": {_ROUTES[ingress]}}
    try:
        until(lambda: _there(place) == wanted, f"there is {wanted}", 90)
    except TimeoutError as error:
        raise AssertionError(f"{error}, but {_there(place)}; {place.get('sdep', NAME).get('status')}") from error
    place.wait_for(NAME, "Ready", "Ready", 60)


_ROUTES = {"istio": "VirtualService", "gateway-api": "HTTPRoute"}


def _there(place: Place) -> dict[str, Any]:
    found = place.get("services,virtualservices,httproutes,pods")["items"]
    services = [body for body in found if body["kind"] == "Service" and "seldon-app" in body["spec"]["selector"]]
    return {
        "Service": {body["metadata"]["name"] for body in services},
        "pods": sum(body["kind"] == "Pod" for body in found),
        "routes": {body["kind"] for body in found if body["kind"] in _ROUTES.values()},
    }


@pytest.fixture(scope="module")
def place(bare_target: Target) -> Iterator[Place]:
    with Place.made(bare_target, "sdep-moved") as made:
        yield made


def test_another_service_and_another_ingress_cost_no_request(place: Place, tmp_path: Path) -> None:
    """Both ways, each: there and back."""
    with place.operator(tmp_path, **SETTINGS):
        change(place)
        with steady(place.target, place.namespace, NAME, tmp_path / "answers") as load:
            _moved(place, load, service="prices")
            _moved(place, load)
            _moved(place, load, ingress="gateway-api")
            _moved(place, load)
        place.delete_all()


def _moved(place: Place, load: Load, **to: str) -> None:
    with load.unharmed():
        change(place, **to)
