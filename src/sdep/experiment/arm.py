"""An arm: one of the predictors that are compared, and what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sdep.api.experiment import ExperimentSpec
from sdep.api.experiment_status import ArmStatus
from sdep.evidence.evidence import Evidence
from sdep.evidence.histogram import Histogram
from sdep.evidence.truth import NOTHING_KNOWN, Truth
from sdep.rollout.trial import digest


@dataclass(frozen=True)
class Arm:
    """`models` are its models as `meta.requestPath` names them, `made_of` whatever else makes it another arm; `weight` is in percent."""

    name: str
    models: tuple[str, ...]
    weight: int
    made_of: str = ""


@dataclass(frozen=True)
class Known:
    """An arm with its evidence. `untold` says why feedback can not be told to be of this arm; "" where it can."""

    arm: Arm
    evidence: Evidence
    truth: Truth
    untold: str = ""


def known(arms: Sequence[Arm], evidence: Mapping[str, Evidence]) -> list[Known]:
    """Feedback goes to any predictor, so what all of them were told counts for the arm whose model it names."""
    told: dict[str, Truth] = {}
    for found in evidence.values():
        for model, truth in found.truth.items():
            told[model] = told.get(model, NOTHING_KNOWN).plus(truth)
    owners = Counter(model for arm in arms for model in set(arm.models))
    return [
        Known(arm, evidence.get(arm.name, Evidence()), _truth(arm, told, owners), _untold(arm, owners)) for arm in arms
    ]


def revision(spec: ExperimentSpec, arms: Sequence[Arm]) -> str:
    """Another one where what was counted so far tells nothing of what is asked now.

    With the shares of the traffic the mix of old and new requests changes differently for each arm, so they count too.
    """
    asked = [metric.to_manifest() for metric in spec.metrics]
    return digest([asked, spec.alpha, [(arm.name, arm.models, arm.weight, arm.made_of) for arm in arms]])


def status(found: Known) -> ArmStatus:
    evidence, truth = found.evidence, found.truth
    quantiles = {f"latency_p{100 * share:g}": _quantile(evidence.latency, share) for share in (0.5, 0.9, 0.99)}
    return ArmStatus(
        name=found.arm.name,
        models=list(found.arm.models),
        requests=evidence.requests,
        errors=evidence.errors,
        refusals=evidence.refusals,
        correct=truth.correct,
        incorrect=truth.incorrect,
        median_error=_quantile(truth.distances, 0.5),
        rewards=truth.rewarded,
        mean_reward=truth.reward / truth.rewarded if truth.rewarded else None,
        **quantiles,
    )


def pairs(arms: Sequence[Known]) -> Iterator[tuple[Known, Known]]:
    """Each two of them once, the reference first."""
    for place, reference in enumerate(arms):
        for arm in arms[place + 1 :]:
            yield reference, arm


def _truth(arm: Arm, told: Mapping[str, Truth], owners: Mapping[str, int]) -> Truth:
    found = NOTHING_KNOWN
    for model in sorted(_own(arm, owners)):
        found = found.plus(told.get(model, NOTHING_KNOWN))
    return found


def _own(arm: Arm, owners: Mapping[str, int]) -> Collection[str]:
    return {model for model in arm.models if owners[model] == 1}


def _untold(arm: Arm, owners: Mapping[str, int]) -> str:
    if _own(arm, owners):
        return ""
    return f"feedback names the model that answered, and {arm.name} has none that another arm has not too"


def _quantile(histogram: Histogram, share: float) -> float | None:
    return histogram.quantile(share) if histogram.total else None
