"""What the evidence of a step says of its canary: one finding for each metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sdep.api.rollout import Analysis, Metric
from sdep.api.status import Finding
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.interval import Interval, Kept, Risk, Verdict
from sdep.rollout.analysis.margins import margin
from sdep.rollout.analysis.odds import worse
from sdep.rollout.analysis.rules import RULES
from sdep.rollout.analysis.split import split

KEPT = 0.5
"""The part of the chances of an error that is kept for the last look of a rollout (decision 0033)."""
_WORST_FIRST: tuple[Verdict, ...] = ("Fail", "Inconclusive", "NoData", "Pass")


@dataclass(frozen=True)
class Look:
    """Which look of a rollout it is.

    `share` is the part of both predictors' requests that the canary is meant to get, None where nobody knows. `odds` is what all looks
    say of errors and refusals (`odds.py`); without it the evidence alone does. `last` is for one look, whose time was fixed before;
    `kept` is the part of the chances of an error that no other look may take.
    """

    steps: int
    share: float | None
    odds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    last: bool = False
    kept: float = KEPT


def analyse(analysis: Analysis, stable: Evidence, canary: Evidence, look: Look) -> list[Finding]:
    """Judges the evidence since the current step began; to be asked again as often as one likes, and once as the last look.

    In all looks of all steps together a canary that is no worse fails with a chance of at most `analysis.alpha`. A split that is off
    comes first and leaves nothing clear, except a failure of a canary that got too little: gateways turn away from one that fails.
    """
    each = analysis.alpha / max(1, sum(not metric.dry_run for metric in analysis.metrics))
    risk = Risk(
        worse=each / look.steps,
        passed=analysis.alpha,
        kept=look.kept,
        last=Kept(worse=look.kept * each, passed=look.kept * analysis.alpha) if look.last else None,
    )
    findings = [
        _finding(metric, stable, canary, _told(risk, metric, look.odds, each), analysis.min_requests)
        for metric in analysis.metrics
    ]
    off = split(stable, canary, look.share)
    return [off, *(_doubted(finding, off) for finding in findings)] if off else findings


def _told(risk: Risk, metric: Metric, odds: Mapping[str, Sequence[float]], alpha: float) -> Risk:
    """With what all looks of the rollout say, which need not share `alpha` between steps.

    The last look counts the requests of a step together: that says nothing where they say otherwise look by look.
    """
    logs = odds.get(metric.name)
    if not logs:
        return risk
    last = risk.last if risk.last is None or worse(logs, 1) else replace(risk.last, worse=0.0)
    return replace(risk, surely=worse(logs, alpha * (1 - risk.kept)), last=last)


def unseen(findings: Sequence[Finding], why: str) -> list[Finding]:
    """The same while nobody tells more: a failure stays one, and nothing passes by what was seen before."""
    return [
        finding if finding.verdict == "Fail" else finding.model_copy(update={"verdict": "NoData", "message": why})
        for finding in findings
    ]


def verdict(findings: Sequence[Finding]) -> Verdict:
    """The worst that is said by metrics that are no dry run.

    What was seen and is not clear outweighs what was not seen: of Inconclusive and NoData the first is the verdict.
    """
    said = {finding.verdict for finding in findings if not finding.dry_run}
    return next((worst for worst in _WORST_FIRST if worst in said), "Pass")


def _finding(metric: Metric, stable: Evidence, canary: Evidence, risk: Risk, least: int) -> Finding:
    rule = RULES[metric.name]
    stable_n, n = rule.counts(metric, stable, canary)
    about = Finding(
        metric=metric.name,
        verdict="NoData",
        samples=n,
        stable_samples=stable_n,
        threshold=margin(metric),
        dry_run=metric.dry_run,
        message=rule.unable(metric, stable, canary)
        or f"{n:,} {rule.counted} to the canary and {stable_n:,} to the stable predictor: "
        f"nothing is judged before {least:,} of each",
    )
    if min(n, stable_n) < max(1, least):
        return about
    found = rule.compare(metric, stable, canary, risk)
    return about.model_copy(
        update={
            "verdict": found.interval.verdict(margin(metric)),
            "estimate": _known(found.interval.estimate),
            "low": _known(found.interval.low),
            "high": _known(found.interval.high),
            "message": found.message + (_lacking(found.interval, margin(metric)) if risk.last else ""),
        }
    )


def _lacking(interval: Interval, allowed: float) -> str:
    """For people who decide what to do about a rollout that was not told within its time."""
    times = interval.lacking(allowed)
    if interval.verdict(allowed) != "Inconclusive" or not math.isfinite(times):
        return ""
    return f"; the last look: about {max(2, math.ceil(times)):,} times as many requests would tell"


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _doubted(finding: Finding, off: Finding) -> Finding:
    if finding.verdict == "NoData" or (finding.verdict == "Fail" and (off.estimate or 0) < 0):
        return finding
    message = f"{finding.message}; but {off.message}"
    return finding.model_copy(update={"verdict": "Inconclusive", "message": message})
