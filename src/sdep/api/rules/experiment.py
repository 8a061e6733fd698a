"""Rules about the experiment: who is compared, and by what."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.experiment import ExperimentSpec
from sdep.api.experiment_annotation import FIELD, experiment_of
from sdep.api.problem import Problem
from sdep.api.rollout_annotation import rollout_of
from sdep.api.rules.walk import invalid, no_effect
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.errors import InvalidError
from sdep.settings import OperatorSettings

_WITH_QUANTILE = frozenset({"latency", "absoluteError"})
_FEWEST = 2


def experiment(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    try:
        spec = experiment_of(sdep)
    except InvalidError as error:
        yield invalid(FIELD, error.message)
        return
    if spec is not None:
        where = FIELD if sdep.spec.experiment is None else "spec.experiment"
        yield from _arms(sdep, spec, where)
        yield from _on_trial(sdep, spec, where)
        yield from _quantiles(spec, where)


def _arms(sdep: SeldonDeployment, spec: ExperimentSpec, where: str) -> Iterator[Problem]:
    live = [predictor.name for predictor in sdep.spec.predictors if not predictor.shadow]
    for number, name in enumerate(spec.predictors):
        field = f"{where}.predictors[{number}]"
        if name not in live:
            yield no_effect(
                field, f"{name!r} is no live predictor, so it is not compared; there are: {', '.join(live)}"
            )
    compared = [name for name in live if not spec.predictors or name in spec.predictors]
    if len(compared) < _FEWEST:
        yield no_effect(where, "compares nothing: it needs two live predictors")


def _on_trial(sdep: SeldonDeployment, spec: ExperimentSpec, where: str) -> Iterator[Problem]:
    """A canary's share changes with each step: what it got at one time is not what the others got then."""
    try:
        rollout = rollout_of(sdep)
    except InvalidError:  # it is said of the rollout
        return
    if rollout and rollout.canary and (not spec.predictors or rollout.canary in spec.predictors):
        yield invalid(
            f"{where}.predictors",
            f"{rollout.canary!r} is on trial in the rollout, which moves its traffic: compare others, or end the rollout",
        )


def _quantiles(spec: ExperimentSpec, where: str) -> Iterator[Problem]:
    named = [(f"{where}.goal", spec.goal)]
    named += [(f"{where}.guardrails[{number}]", metric) for number, metric in enumerate(spec.guardrails)]
    for field, metric in named:
        if metric.quantile is not None and metric.name not in _WITH_QUANTILE:
            yield no_effect(f"{field}.quantile", f"{metric.name} has no quantile: it is of latency and absoluteError")


RULES = (experiment,)
