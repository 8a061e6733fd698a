"""Rules about the rollout: what is on trial, its steps, and when it may not go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sdep.api.freeze import fault
from sdep.api.predictor import WHOLE
from sdep.api.problem import Problem
from sdep.api.rollout import BASELINE_SUFFIX, CANARY_SUFFIX, RolloutSpec
from sdep.api.rollout_annotation import FIELD, rollout_of
from sdep.api.rules.metrics import metrics
from sdep.api.rules.predictors import DNS_LABEL
from sdep.api.rules.queries import queries
from sdep.api.rules.rollout_addresses import addresses
from sdep.api.rules.walk import invalid, no_effect
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.errors import InvalidError
from sdep.settings import OperatorSettings

_Rule = Callable[[SeldonDeployment, RolloutSpec, str], Iterator[Problem]]


def rollout(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    try:
        spec = rollout_of(sdep)
    except InvalidError as error:
        yield invalid(FIELD, error.message)
        return
    if spec is not None:
        where = FIELD if sdep.spec.rollout is None else "spec.rollout"
        for rule in _OF_A_ROLLOUT:
            yield from rule(sdep, spec, where)
        yield from addresses(spec, where, settings)


def _steps(_: SeldonDeployment, spec: RolloutSpec, where: str) -> Iterator[Problem]:
    if not spec.steps:
        yield invalid(f"{where}.steps", "has no step: give at least one, or leave steps out for 5, 25 and 50 percent")
    for number, step in enumerate(spec.steps):
        if (step.weight is None) == (step.mirror is None):
            yield invalid(f"{where}.steps[{number}]", "give either a weight or a mirror, in percent")


def _freeze(_: SeldonDeployment, spec: RolloutSpec, where: str) -> Iterator[Problem]:
    for number, window in enumerate(spec.freeze):
        field, why = fault(window)
        if field:
            yield invalid(f"{where}.freeze[{number}].{field}", why)


def _pair(sdep: SeldonDeployment, spec: RolloutSpec, where: str) -> Iterator[Problem]:
    live = {predictor.name for predictor in sdep.spec.predictors if not predictor.shadow}
    every = {predictor.name for predictor in sdep.spec.predictors}
    known = ", ".join(sorted(live))
    if spec.stable and spec.stable not in live:
        yield invalid(f"{where}.stable", f"{spec.stable!r} is no live predictor; there are: {known}")
    if spec.canary and spec.canary == spec.stable:
        yield invalid(f"{where}.canary", f"{spec.canary!r} can not be compared with itself: name another predictor")
    if spec.canary and spec.canary in every - live:
        yield invalid(f"{where}.canary", f"{spec.canary!r} is a shadow, which never answers: take its shadow away")
    elif spec.canary and spec.canary not in live:
        yield no_effect(
            f"{where}.canary", f"{spec.canary!r} is no predictor, so nothing is on trial; there are: {known}"
        )
    elif spec.canary and len(live) == 1:
        yield no_effect(
            f"{where}.canary", f"{spec.canary!r} is the only live predictor: there is nothing to compare it with"
        )


def _made_canary(sdep: SeldonDeployment, spec: RolloutSpec, where: str) -> Iterator[Problem]:
    """Without `canary`, one is made of the stable predictor when its model moves."""
    live = [predictor for predictor in sdep.spec.predictors if not predictor.shadow]
    stable = next((predictor for predictor in live if spec.stable in {None, predictor.name}), None)
    if spec.canary or stable is None:
        return
    name = stable.name + CANARY_SUFFIX
    if any(predictor.name == name for predictor in sdep.spec.predictors):
        yield invalid(
            f"{where}.canary", f"the canary of {stable.name!r} would be {name!r}, which is taken: name it here"
        )
    if not DNS_LABEL.fullmatch(name):
        yield invalid(f"{where}.stable", f"{name!r}, the name of its canary, is too long: shorten {stable.name!r}")
    if not any(_moves(unit.model_uri or "") for unit in stable.graph.walk()):
        message = f"no model of {stable.name!r} can move: follow an alias or a stage, or name a canary"
        yield no_effect(where, message)


def _baseline(sdep: SeldonDeployment, spec: RolloutSpec, where: str) -> Iterator[Problem]:
    """A fresh one takes as much of the stable predictor's traffic as the canary does."""
    if spec.analysis.baseline != "Fresh":
        return
    for number, step in enumerate(spec.steps):
        if (step.weight or 0) > WHOLE // 2:
            message = f"is more than {WHOLE // 2}: a fresh baseline gets as much as the canary, and both must fit"
            yield invalid(f"{where}.steps[{number}].weight", message)
    live = [predictor for predictor in sdep.spec.predictors if not predictor.shadow and predictor.name != spec.canary]
    stable = next((predictor for predictor in live if spec.stable in {None, predictor.name}), None)
    name = f"{stable.name}{BASELINE_SUFFIX}" if stable else ""
    if stable and any(predictor.name == name for predictor in sdep.spec.predictors):
        yield invalid(
            f"{where}.analysis.baseline", f"the baseline of {stable.name!r} would be {name!r}, which is taken"
        )
    if stable and not DNS_LABEL.fullmatch(name):
        yield invalid(f"{where}.analysis.baseline", f"{name!r}, the name of the baseline, is too long")


def _moves(uri: str) -> bool:
    """Whether the registry may answer otherwise tomorrow: an alias or a stage, and no version."""
    return uri.startswith("models:/") and ("@" in uri or not uri.rsplit("/", 1)[-1].isdecimal())


_OF_A_ROLLOUT: tuple[_Rule, ...] = (_steps, _freeze, _pair, _made_canary, _baseline, metrics, queries)
RULES = (rollout,)
