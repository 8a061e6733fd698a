"""What a status says of drift, and what of a manifest's detectors is judged, rendered and warned of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdep.api.drift_status import DriftStatus
from sdep.api.status import Condition
from sdep.api.validation import problems
from sdep.contract import ENV_PREDICTOR, ENV_REFERENCE
from sdep.status.conditions import drift_detected
from tests.contract.ours import rendered
from tests.unit.rollout.trials import predictor, sdep


def condition(*reasons: str) -> Condition | None:
    states = [DriftStatus(predictor=f"p{number}", reason=reason, message="m") for number, reason in enumerate(reasons)]
    return next(iter(drift_detected(states)), None)


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ((), None),
        (("Collecting", "NoDrift"), ("False", "Collecting")),
        (("NoDrift", "NoDrift"), ("False", "NoDrift")),
        (("NoDrift", "ReferenceNotFound"), ("Unknown", "ReferenceNotFound")),
        (("ReferenceNotFound", "QualityDegraded"), ("True", "QualityDegraded")),
        (("NoDrift", "FeaturesDrifted"), ("True", "FeaturesDrifted")),
    ],
)
def test_the_worst_of_all_predictors_is_said(reasons: tuple[str, ...], said: tuple[str, str] | None) -> None:
    """Absent without a detector; True only where something has drifted; Unknown where nobody can know."""
    found = condition(*reasons)
    assert (found and (found.status, found.reason)) == said


def engine(manifest: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The engine's predictor, and the environment of its model's init container."""
    (deployment,) = [one.body for one in rendered(manifest) if one.key.kind == "Deployment"]
    spec = deployment["spec"]["template"]["spec"]
    told = {one["name"]: one.get("value") for one in spec["containers"][-1]["env"]}
    return json.loads(told[ENV_PREDICTOR]), {one["name"]: one.get("value") for one in spec["initContainers"][0]["env"]}


def manifest(**more: object) -> dict[str, Any]:
    return sdep(predictor("main", **more)).to_manifest()


def test_the_engine_is_told_what_to_watch_and_the_initializer_what_to_fetch() -> None:
    """Without a URI it is the model's own data that is looked for; without a detector nothing is."""
    told, fetched = engine(manifest(driftDetector={"features": ["oil"], "sampleRate": 0.5}))
    assert told["drift"] == {"unit": "price", "features": ["oil"], "sample_rate": 0.5}
    assert fetched[ENV_REFERENCE] == "model"
    _, fetched = engine(manifest(driftDetector={"reference": {"uri": "s3://b/t.csv"}}))
    assert fetched[ENV_REFERENCE] == "s3://b/t.csv"
    told, fetched = engine(manifest())
    assert "drift" not in told
    assert ENV_REFERENCE not in fetched


@pytest.mark.parametrize(
    ("more", "reason", "field"),
    [
        ({"driftDetector": {"reference": {"uri": "table.csv"}}}, "InvalidManifest", "driftDetector.reference.uri"),
        ({"driftDetector": {"window": {"rows": 10}}}, "InvalidManifest", "driftDetector.window.minRows"),
        ({"driftDetector": {"onDrift": "RollBack"}}, "NoEffect", "driftDetector.onDrift"),
        ({"driftDetector": {}, "annotations": {"seldon.io/no-engine": "true"}}, "NoEffect", "driftDetector"),
        ({"driftDetector": {}}, "", ""),
    ],
)
def test_what_can_not_work_is_said(more: dict[str, Any], reason: str, field: str) -> None:
    """Refused, or said to have no effect, with the field's path."""
    found = [one for one in problems(sdep(predictor("main", **more))) if "driftDetector" in one.field]
    assert [(one.reason, one.field.endswith(field)) for one in found] == ([(reason, True)] if reason else [])
