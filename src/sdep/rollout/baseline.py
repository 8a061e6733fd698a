"""A fresh baseline: a copy of the stable predictor, as large and as young as the canary, with which the canary is compared.

Pods that have run for weeks have warm caches, full heaps and the traffic of many: what differs between them and a canary need not be its
model's doing. It is Kayenta's way to compare two that were started together and get equal shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from sdep.api.predictor import ComponentSpec, Predictor
from sdep.api.rollout import BASELINE_SUFFIX, RolloutSpec
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, RolloutStatus
from sdep.plan import UnitKey
from sdep.registry.pin import served_by
from sdep.registry.resolver import Answer
from sdep.rollout.copied import copy_of, with_predictor

TRIAL_ANNOTATION = "sdep.io/trial"
"""On the pods of a baseline: another trial has others."""


def baseline_name(spec: RolloutSpec, stable: Predictor) -> str:
    """Empty where none is asked for."""
    return stable.name + BASELINE_SUFFIX if spec.analysis.baseline == "Fresh" else ""


def with_baseline(sdep: SeldonDeployment, rollout: RolloutStatus | None) -> SeldonDeployment:
    """With the baseline of a trial that is under way; before and after it there is none."""
    if rollout is None or not rollout.baseline or rollout.phase not in {"Progressing", "Paused"}:
        return sdep
    there = {predictor.name: predictor for predictor in sdep.spec.predictors}
    stable, canary = there.get(rollout.stable), there.get(rollout.canary)
    if stable is None or canary is None or rollout.baseline in there:
        return sdep
    copy = copy_of(stable, rollout.baseline)
    made = {
        "annotations": {**(copy.annotations or {}), TRIAL_ANNOTATION: rollout.revision},
        "replicas": canary.replicas,
        "component_specs": _as_large(stable, canary),
    }
    return with_predictor(sdep, copy.model_copy(update=made))


def answers_with_baseline(
    answers: Mapping[UnitKey, Answer], pins: Sequence[Pin], rollout: RolloutStatus | None
) -> dict[UnitKey, Answer]:
    """The baseline serves what the stable predictor serves, whatever the registry says meanwhile."""
    found = dict(answers)
    if rollout is None or not rollout.baseline:
        return found
    served = {pin.unit: pin for pin in pins if pin.predictor == rollout.stable}
    for (predictor, unit), answer in answers.items():
        if predictor == rollout.stable:
            pin = served.get(unit)
            found[rollout.baseline, unit] = Answer(served_by(pin)) if pin else answer
    return found


def _as_large(stable: Predictor, canary: Predictor) -> list[ComponentSpec] | None:
    """The stable predictor's pods in the canary's numbers."""
    if stable.component_specs is None:
        return None
    both = zip_longest(stable.component_specs, (canary.component_specs or ())[: len(stable.component_specs)])
    return [
        own
        if other is None
        else own.model_copy(
            update={"replicas": other.replicas, "hpa_spec": other.hpa_spec, "keda_spec": other.keda_spec}
        )
        for own, other in both
    ]
