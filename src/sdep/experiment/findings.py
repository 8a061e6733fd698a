"""What each metric says of each two arms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sdep.api.experiment import ExperimentMetric, ExperimentSpec
from sdep.api.experiment_status import PairFinding, Verdict
from sdep.experiment.arm import Known, pairs
from sdep.experiment.outcomes import RULES, Rule, reversed_interval
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.split import split

_SIDES = 2


@dataclass(frozen=True)
class Compared:
    """`worse` is by how much each of both is worse than the other, by its name; empty where nothing is sure."""

    finding: PairFinding
    worse: Mapping[str, Interval] = field(default_factory=dict)

    def beats(self, arm: str) -> bool:
        """Whether `arm`, one of both, is surely better, and by more than the margin as far as one knows."""
        return any(_sure(found, self.finding.margin) for name, found in self.worse.items() if name != arm)

    def surely_no_worse(self, arm: str) -> bool:
        """Whether `arm` is surely worse by no more than the margin."""
        return arm in self.worse and self.worse[arm].high <= self.finding.margin


def judged(spec: ExperimentSpec, arms: Sequence[Known]) -> list[Compared]:
    """One finding of each metric for each two arms, to be asked again as often as one likes.

    All bounds of all of them, at all looks together, are right with a chance of at least 1 - alpha (Bonferroni over metrics, pairs and
    both sides; each bound by itself holds at every look). So whatever follows from them is.
    """
    every = list(pairs(arms))
    each = spec.alpha / (_SIDES * max(1, len(every)) * len(spec.metrics))
    risk = Risk(worse=each, passed=each)
    return [_compared(spec, metric, pair, risk) for metric in spec.metrics for pair in every]


def margin(spec: ExperimentSpec, metric: ExperimentMetric) -> float:
    """A goal counts from the first difference, unless it says otherwise."""
    if metric.margin is not None:
        return metric.margin
    return 0.0 if metric.name == spec.goal.name else RULES[metric.name].margin


def _compared(spec: ExperimentSpec, metric: ExperimentMetric, pair: tuple[Known, Known], risk: Risk) -> Compared:
    (reference, arm), rule, allowed = pair, RULES[metric.name], margin(spec, metric)
    counts = rule.count(reference), rule.count(arm)
    about = PairFinding(
        metric=metric.name,
        arm=arm.arm.name,
        reference=reference.arm.name,
        verdict="NoData",
        samples=counts[1],
        reference_samples=counts[0],
        margin=allowed,
    )
    if why := _unjudged(rule, pair, counts, spec.min_samples):
        return Compared(about.model_copy(update={"message": why}))
    interval = rule.compare(metric, reference, arm, risk)
    worse = {about.arm: interval, about.reference: reversed_interval(interval, rule.unit)}
    verdict = _verdict(worse[about.arm], worse[about.reference], allowed)
    facts = f"{about.arm}: {rule.says(metric, arm)}; {about.reference}: {rule.says(metric, reference)}"
    message = f"{facts}: {_words(about.arm, interval, rule.unit, verdict)}"
    if off := _off(reference, arm):
        verdict, message, worse = "Inconclusive", f"{message}; but {off}", {}
    bounds = {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
    finite = {name: value if math.isfinite(value) else None for name, value in bounds.items()}
    return Compared(about.model_copy(update={**finite, "verdict": verdict, "message": message}), worse)


def _unjudged(rule: Rule, pair: tuple[Known, Known], counts: tuple[int, int], least: int) -> str:
    """Why nothing can be said yet, or at all."""
    for found in pair:
        if rule.of_feedback and found.untold:
            return found.untold
        if rule.counted == "rewards" and found.truth.strange:
            return f"{found.truth.strange:,} rewards of {found.arm.name} were not from 0 to 1: such have no bounds"
    if min(counts) >= max(1, least):
        return ""
    said = " and ".join(f"{count:,} of {found.arm.name}" for count, found in zip(counts, pair, strict=True))
    return f"{rule.counted}: {said}; nothing is judged before {max(1, least):,} of each"


def _verdict(worse: Interval, better: Interval, allowed: float) -> Verdict:
    if _sure(worse, allowed):
        return "Worse"
    if _sure(better, allowed):
        return "Better"
    return "Alike" if worse.high <= allowed and better.high <= allowed else "Inconclusive"


def _sure(worse: Interval, allowed: float) -> bool:
    return worse.low > 0 and worse.estimate > allowed


def _words(arm: str, interval: Interval, unit: str, verdict: Verdict) -> str:
    side = "worse" if interval.estimate >= 0 else "better"
    says = {
        "Worse": "surely worse",
        "Better": "surely better",
        "Alike": "surely within the margin",
        "Inconclusive": "which does not tell yet",
    }[verdict]
    return f"{arm} is {side} by {abs(interval.estimate):,.1f} {unit} ({interval.bounds()}), {says}"


def _off(reference: Known, arm: Known) -> str:
    """What is wrong with how requests were split between two arms; their weights are what the manifest gives them."""
    together = reference.arm.weight + arm.arm.weight
    if not together or not split(reference.evidence, arm.evidence, arm.arm.weight / together):
        return ""
    total = reference.evidence.requests + arm.evidence.requests
    return (
        f"{arm.arm.name} got {100 * arm.evidence.requests / total:.1f} % of the {total:,} requests to both instead of "
        f"{100 * arm.arm.weight / together:.3g} %: those that reach it may not be like the others"
    )
