"""What we render against what v1 was seen to render."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract import ours, v1
from tests.contract.differences import Difference, differences, reason_of
from tests.contract.rendered_by_v1 import FOLDER, MISSING, Snapshot, load, refused
from tests.contract.shape import Shapes, shapes

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)

SNAPSHOTS = {snapshot.name: snapshot for snapshot in load()} if FOLDER.is_dir() else {}
V1S_OWN_FAULTS = {
    ("canary-main-removed", "DestinationRule", "canary-main"): "a removed predictor's DestinationRule is never deleted",
}
"""Children that v1 left behind and no manifest asks for."""


def manifest_of(snapshot: Snapshot) -> dict[str, Any]:
    """As it was stored, in the namespace in which the children were."""
    namespace = snapshot.children[0]["metadata"]["namespace"]
    return {**snapshot.sdep, "metadata": {**snapshot.sdep["metadata"], "namespace": namespace}}


def seen(snapshot: Snapshot) -> Shapes:
    return {
        key: shape for key, shape in shapes(snapshot.children).items() if (snapshot.name, *key) not in V1S_OWN_FAULTS
    }


def unexplained(ours_or_oracle: Shapes, snapshot: Snapshot) -> list[Difference]:
    return [one for one in differences(ours_or_oracle, seen(snapshot)) if reason_of(one) is None]


@pytest.mark.parametrize("name", sorted(SNAPSHOTS))
def test_children_are_those_that_v1_made(name: str) -> None:
    made = ours.rendered(manifest_of(SNAPSHOTS[name]))
    assert not unexplained(shapes(manifest.body for manifest in made), SNAPSHOTS[name])


@pytest.mark.parametrize("name", sorted(SNAPSHOTS))
def test_the_restatement_of_v1s_rules_says_what_v1_did(name: str) -> None:
    assert not list(differences(v1.children(manifest_of(SNAPSHOTS[name])), seen(SNAPSHOTS[name])))


def test_every_fault_that_is_told_of_v1_is_one() -> None:
    left = {(name, *key) for name, snapshot in SNAPSHOTS.items() for key in shapes(snapshot.children)}
    assert left >= V1S_OWN_FAULTS.keys()


def test_what_v1_was_seen_to_refuse_is_served_with_a_warning() -> None:
    """Several shadows, and a lone predictor with half of the traffic."""
    said = {name: [problem.severity for problem in ours.said(manifest)] for name, manifest in refused().items()}
    assert said == {"x-shadow-two": [], "x-single-traffic-50": ["warning"]}
