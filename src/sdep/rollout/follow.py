"""A model that moved in the registry: a canary of the new version is made beside the predictor, which keeps the old one meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sdep.api.predictor import Predictor
from sdep.api.rollout import CANARY_SUFFIX
from sdep.api.rollout_annotation import rollout_of
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, RolloutStatus
from sdep.plan import UnitKey, units_with_models
from sdep.registry.hold import read_holds
from sdep.registry.pin import served_by
from sdep.registry.resolver import Answer
from sdep.rollout.baseline import baseline_name, with_baseline
from sdep.rollout.copied import copy_of, with_predictor
from sdep.rollout.trial import Trial, digest, stable_of

REPLACING = "Replacing"
"""The reason while the stable predictor takes over the version that was promoted, and the canary still answers for it."""


@dataclass(frozen=True)
class Followed:
    """The SeldonDeployment as it is acted on: with a predictor more while a new version is on trial."""

    sdep: SeldonDeployment
    answers: Mapping[UnitKey, Answer]
    trial: Trial | None = None


def followed(
    sdep: SeldonDeployment, answers: Mapping[UnitKey, Answer], pins: Sequence[Pin], before: RolloutStatus | None
) -> Followed:
    """Keep moved models of the stable predictor from it until their trial has ended well.

    Only a reference that itself says otherwise is followed in this way: a changed manifest, a first look and a hold are a
    person's word, and are done at once.
    """
    as_it_is = Followed(sdep, answers)
    spec = rollout_of(sdep)
    stable = stable_of(sdep, spec) if spec and not spec.canary else None
    if spec is None or stable is None:
        return as_it_is
    served = _served(sdep, stable, pins)
    asked = {key: answers[key] for key in served}
    new = {key: answer.model for key, answer in asked.items() if answer.model}
    revision = digest(sorted(model.artifact_uri for model in new.values()))
    canary = stable.name + CANARY_SUFFIX
    trial = Trial(spec, canary, stable.name, revision, follows=True, baseline=baseline_name(spec, stable))
    known = before if before and before.revision == revision else None
    if known and known.phase == "Promoted":
        done = known.reason != REPLACING
        return as_it_is if done else Followed(_with_canary(sdep, stable), _both(answers, asked, asked, stable), trial)
    if not any(new[key].artifact_uri != pin.artifact_uri for key, pin in served.items() if key in new):
        return as_it_is
    kept = {key: replace(answer, model=served_by(served[key])) for key, answer in asked.items()}
    if known and known.phase == "RolledBack":
        return Followed(sdep, {**answers, **kept}, trial)
    return Followed(_with_canary(sdep, stable), _both(answers, kept, asked, stable), trial)


def as_acted_on(sdep: SeldonDeployment, rollout: RolloutStatus | None) -> SeldonDeployment:
    """With the canary, and the baseline, that the status says were made and are still there."""
    if (
        rollout is None
        or rollout.phase == "RolledBack"
        or (rollout.phase == "Promoted" and rollout.reason != REPLACING)
    ):
        return sdep
    stable = next((found for found in sdep.spec.predictors if found.name + CANARY_SUFFIX == rollout.canary), None)
    named = any(found.name == rollout.canary for found in sdep.spec.predictors)
    followed_on = sdep if stable is None or named else _with_canary(sdep, stable)
    return with_baseline(followed_on, rollout)


def _served(sdep: SeldonDeployment, stable: Predictor, pins: Sequence[Pin]) -> dict[UnitKey, Pin]:
    """Pins of the stable predictor that follow the reference that the manifest holds now."""
    holds = read_holds(sdep)
    uris = {key: unit.model_uri for key, unit in units_with_models(sdep) if key[0] == stable.name}
    return {
        (pin.predictor, pin.unit): pin
        for pin in pins
        if uris.get((pin.predictor, pin.unit)) == pin.uri
        and not pin.held
        and (pin.predictor, pin.unit) not in {*holds.models, *holds.unreadable}
    }


def _both(
    answers: Mapping[UnitKey, Answer],
    of_stable: Mapping[UnitKey, Answer],
    of_canary: Mapping[UnitKey, Answer],
    stable: Predictor,
) -> dict[UnitKey, Answer]:
    """Answers for the stable predictor, and for its canary, which asks the same where nothing else is said."""
    canary = stable.name + CANARY_SUFFIX
    everything = {key: answer for key, answer in answers.items() if key[0] == stable.name}
    return {**answers, **of_stable, **{(canary, key[1]): answer for key, answer in {**everything, **of_canary}.items()}}


def _with_canary(sdep: SeldonDeployment, stable: Predictor) -> SeldonDeployment:
    return with_predictor(sdep, copy_of(stable, stable.name + CANARY_SUFFIX))
