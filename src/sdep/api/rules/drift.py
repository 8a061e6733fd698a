"""Rules about drift detectors: where they have something to watch, and what they can act on."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.drift import DriftDetector
from sdep.api.graph import SERVED
from sdep.api.predictor import Predictor
from sdep.api.problem import Problem
from sdep.api.rollout_annotation import ROLLOUT_ANNOTATION
from sdep.api.rules.walk import containers, invalid, no_effect, predictors
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.settings import OperatorSettings


def drift_detectors(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    for field, predictor in predictors(sdep):
        detector = predictor.drift_detector
        if detector is None:
            continue
        where = f"{field}.driftDetector"
        yield from _detector(detector, where)
        if not _watches(sdep, predictor, settings):
            message = "watches nothing: no model of this predictor runs in the engine's own process"
            yield no_effect(where, message)
        if detector.on_drift != "Report" and sdep.spec.rollout is None and sdep.annotation(ROLLOUT_ANNOTATION) is None:
            yield no_effect(f"{where}.onDrift", "there is no rollout that could be paused or turned back")


def _detector(detector: DriftDetector, where: str) -> Iterator[Problem]:
    if detector.reference is not None and "://" not in detector.reference.uri and ":/" not in detector.reference.uri:
        yield invalid(
            f"{where}.reference.uri", f"{detector.reference.uri!r} is no URI: write where the table is stored, s3://…"
        )
    if detector.window.min_rows > detector.window.rows:
        message = f"{detector.window.min_rows} is more than the {detector.window.rows} rows of a whole window"
        yield invalid(f"{where}.window.minRows", message)


def _watches(sdep: SeldonDeployment, predictor: Predictor, settings: OperatorSettings) -> bool:
    if "seldon.io/no-engine" in (predictor.annotations or {}):
        return False
    if (sdep.spec.annotations or {}).get("seldon.io/engine-separate-pod", "").lower() == "true":
        return False
    written = containers(predictor)
    return any(
        unit.model_uri
        and unit.implementation in SERVED
        and not unit.storage_initializer_image
        and not settings.server_image(unit.implementation or "", sdep.spec.protocol or "seldon")
        and not written.get(unit.name or "", {}).get("image")
        for unit in predictor.graph.walk()
    )


RULES = (drift_detectors,)
