"""A trial: one version of a canary beside the stable predictor, told from the next by its revision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sdep.api.predictor import Predictor
from sdep.api.rollout import RolloutSpec
from sdep.api.rollout_annotation import rollout_of
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin
from sdep.plan import UnitKey
from sdep.rollout.baseline import baseline_name

_NOT_TRIED = {"traffic", "replicas", "name"}
"""What may change of a canary without its being another one."""


@dataclass(frozen=True)
class Trial:
    """`follows` where the canary was made of a stable predictor whose model moved in the registry."""

    spec: RolloutSpec
    canary: str
    stable: str
    revision: str
    follows: bool = False
    baseline: str = ""
    """The fresh copy of the stable predictor that the canary is compared with; "" where it is the stable predictor itself."""

    @property
    def reference(self) -> str:
        """The predictor that the canary is compared with."""
        return self.baseline or self.stable


def named_trial(sdep: SeldonDeployment, pins: Mapping[UnitKey, Pin]) -> Trial | None:
    """The trial of the predictor that the rollout names; None where there is no rollout, or none that names one that is there."""
    spec = rollout_of(sdep)
    if spec is None or not spec.canary:
        return None
    canary = next((found for found in sdep.spec.predictors if found.name == spec.canary), None)
    stable = stable_of(sdep, spec)
    if canary is None or stable is None:
        return None
    return Trial(spec, canary.name, stable.name, made_of(canary, pins), baseline=baseline_name(spec, stable))


def stable_of(sdep: SeldonDeployment, spec: RolloutSpec) -> Predictor | None:
    """The predictor that a canary is compared with."""
    able = [found for found in sdep.spec.predictors if not found.shadow and found.name != spec.canary]
    return next((found for found in able if spec.stable in {None, found.name}), None)


def digest(content: object) -> str:
    """Ten characters that are others for any other content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]


def made_of(predictor: Predictor, pins: Mapping[UnitKey, Pin]) -> str:
    """Another text for a predictor that would answer otherwise."""
    tried = {name: value for name, value in predictor.to_manifest().items() if name not in _NOT_TRIED}
    served = {unit: pin.artifact_uri for (name, unit), pin in pins.items() if name == predictor.name}
    return digest([tried, served])
