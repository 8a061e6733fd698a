"""Whatever is written into a manifest, it is served or refused by the name of its field, and nobody else is harmed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from demo import traffic
from demo.kubectl import CommandError, Target, until
from tests.node.herd import owned, predictor
from tests.node.operators import Operator
from tests.node.own_operator import CHILDREN, OURS, Place


@pytest.fixture(scope="module")
def place(bare_target: Target) -> Iterator[Place]:
    with Place.made(bare_target, "sdep-faults-manifests") as made:
        yield made


@pytest.fixture
def scratch(place: Place) -> Iterator[None]:
    """Every SeldonDeployment that a test makes goes with it."""
    yield
    place.delete_all()


def said(place: Place, body: dict[str, Any]) -> str:
    """What whoever creates it is told: by the API server at once, or by a condition soon; "" where it is served."""
    try:
        place.target.kubectl("create", "-n", place.namespace, "-f", "-", stdin=json.dumps(body))
    except CommandError as error:
        return str(error).partition("\n")[2]
    name = body["metadata"]["name"]

    def told() -> str:
        found = (place.condition(name, kind) for kind in ("SpecValid", "ChildrenApplied"))
        return next((str(one["message"]) for one in found if one.get("status") == "False"), "")

    until(lambda: bool(told()) or place.condition(name, "Ready").get("status") == "True", f"{name} is judged", 30)
    return told()


def of_unit(**fields: object) -> dict[str, Any]:
    """One whose only unit says so."""
    return owned("bad", predictor("default", graph={**predictor("")["graph"], **fields}))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a graph of a megabyte": (
        of_unit(parameters=[{"name": "large", "type": "STRING", "value": "x" * 1_000_000}]),
        "spec.predictors[0].graph",
    ),
    "a predictor with letters of another alphabet": (owned("bad", predictor("прогноз")), "spec.predictors[0].name"),
    "a predictor with a name of 64 letters": (owned("bad", predictor("p" * 64)), "spec.predictors[0].name"),
    "a unit with letters of another alphabet": (of_unit(name="модель"), "модель"),
    "a unit with a name of 300 letters": (of_unit(name="u" * 300), "spec.predictors[0].graph"),
    "a name with dots": (owned("bad.one", predictor("default")), "metadata.name"),
    "a service name with a smile": (
        owned("bad", predictor("default", annotations={"seldon.io/svc-name": "☺"})),
        "spec.predictors[0].annotations[seldon.io/svc-name]",
    ),
    "a label that is none": (owned("bad", predictor("default", labels={"ключ": "значение"})), "ключ"),
}


@pytest.fixture(scope="module")
def running(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with place.operator(tmp_path_factory.mktemp("manifests")) as found:
        yield found


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_manifest_is_refused_by_the_name_of_its_field_and_a_good_one_beside_it_is_served(
    place: Place, running: Operator, bad: str
) -> None:
    body, field = BAD[bad]
    assert field in said(place, body)
    place.make(owned("good", predictor("default")))
    place.wait_for("good", "Ready", "Ready", 15)
    assert "Traceback" not in running.log.read_text()


@pytest.mark.usefixtures("scratch", "running")
def test_a_manifest_of_nearly_a_megabyte_is_served(place: Place) -> None:
    env = [{"name": f"LARGE_{number}", "value": "x" * 90_000} for number in range(8)]
    assert not said(place, owned("large", predictor("default", svcOrchSpec={"env": env})))
    (engine,) = place.get("deployment", "large-default-0-m")["spec"]["template"]["spec"]["containers"]
    assert env[-1] in engine["env"]


@pytest.mark.usefixtures("scratch", "running")
def test_the_longest_names_that_there_can_be_are_served(place: Place) -> None:
    unit = {**predictor("")["graph"], "name": "u" * 63}
    assert not said(place, owned("n" * 253, predictor("p" * 63, graph=unit)))
    found = place.get(CHILDREN, *OURS)["items"]
    assert {child["kind"] for child in found} == {"Deployment", "Service", "VirtualService", "DestinationRule"}
    assert all(len(child["metadata"]["name"]) <= 63 for child in found)


@pytest.mark.usefixtures("scratch", "running")
def test_a_graph_of_ten_levels_is_served_and_answers(place: Place) -> None:
    graph: dict[str, Any] = {"name": "level-10", "implementation": "SIMPLE_MODEL"}
    for level in range(9, 0, -1):
        graph = {"name": f"level-{level}", "implementation": "SIMPLE_MODEL", "children": [graph]}
    place.make(owned("deep", {"name": "default", "replicas": 1, "graph": graph}))
    place.wait_for("deep", "Ready", "Ready", 90)
    sent = lambda: traffic.send(place.target, place.namespace, "deep", 1, 1)  # noqa: E731
    until(lambda: sent().failed == 0, "the gateway leads there")


@pytest.mark.usefixtures("scratch")
def test_two_whose_names_collide_do_not_fight_and_the_second_gets_what_the_first_leaves(
    place: Place, running: Operator
) -> None:
    place.make(owned("a-b", predictor("c")))
    place.wait_for("a-b", "Ready", "Ready")
    place.make(owned("a", predictor("b-c", "another")))
    found = place.wait_for("a", "ChildrenApplied", "NameTaken")
    assert "a-b-c" in found["message"]
    assert "SeldonDeployment a-b" in found["message"]
    uid = place.get("service", "a-b-c")["metadata"]["uid"]
    place.wait_for("a-b", "Ready", "Ready")
    assert place.get("service", "a-b-c")["metadata"]["uid"] == uid
    place.target.kubectl("delete", "sdep", "a-b", "-n", place.namespace)
    place.wait_for("a", "Ready", "Ready", 60)
    assert "Traceback" not in running.log.read_text()


@pytest.mark.usefixtures("scratch", "running")
def test_one_that_another_owns_is_left_alone(place: Place) -> None:
    taken = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mine-default-0-m", "labels": {"seldon-deployment-id": "mine"}},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "d"}]}},
        },
    }
    place.make(taken)
    try:
        place.make(owned("mine", predictor("default")))
        found = place.wait_for("mine", "ChildrenApplied", "NameTaken")
        assert f"Deployment {place.namespace}/mine-default-0-m" in found["message"]
        left = place.get("deployment", "mine-default-0-m")
        assert left["spec"]["template"]["spec"]["containers"][0]["image"] == "d"
        assert left["metadata"]["generation"] == 1
    finally:
        place.target.kubectl("delete", "deployment", "mine-default-0-m", "-n", place.namespace)
