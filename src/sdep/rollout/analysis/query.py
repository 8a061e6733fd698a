"""Queries: what the numbers that Prometheus answered say of the canary.

The rules are those that Argo Rollouts documents for its measurements. Nothing is known of how these numbers came about, so no interval
is made of them: a limit is a limit, and `alpha` does not count them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sdep.api.duration import seconds
from sdep.api.query import PLACEHOLDERS, Query, compared_with, filled, holds
from sdep.api.status import Finding, Measured
from sdep.rollout.analysis.interval import Verdict
from sdep.rollout.trial import Trial


@dataclass(frozen=True)
class Answer:
    """One look at a query: the number as Prometheus writes it, or why there is none."""

    value: str = ""
    error: str = ""


def promql(query: Query, trial: Trial, namespace: str, name: str, spent: float) -> str:
    """What is asked when so many seconds of the current step count."""
    values = {
        "namespace": namespace,
        "name": name,
        "canary": trial.canary,
        "stable": trial.reference,
        "interval": _duration(seconds(trial.spec.analysis.interval)),
        "step": _duration(max(1.0, spent)),
    }
    return filled(query.query, {known: values[known] for known in PLACEHOLDERS})


def measured(query: Query, answer: Answer, before: Measured) -> Measured:
    """The counts with one look more. No number (none, NaN) is an error, and changes nothing of what numbers said before."""
    value = float(answer.value) if answer.value else math.nan
    if math.isnan(value):
        error = answer.error or "the answer is NaN"
        return before.model_copy(update={"errors": before.errors + 1, "error": error})
    said = _judged(query, value)
    return Measured(
        measurements=before.measurements + 1,
        failures=before.failures + (said == "Fail"),
        value=answer.value,
        verdict=said,
    )


def finding(query: Query, counts: Measured) -> Finding:
    """Fail: more numbers were bad than may be. NoData: there was no number for too long, or never. Else what the last one says.

    A bad number that is still allowed is inconclusive: the step does not end on it.
    """
    verdict: Verdict = counts.verdict
    if counts.failures > query.failure_limit:
        verdict = "Fail"
    elif counts.errors > query.error_limit:
        verdict = "NoData"
    elif verdict == "Fail":
        verdict = "Inconclusive"
    value = float(counts.value) if counts.value else math.nan
    return Finding(
        metric=query.name,
        verdict=verdict,
        samples=counts.measurements,
        estimate=value if math.isfinite(value) else None,
        threshold=compared_with(query.failure or query.success or ""),
        dry_run=query.dry_run,
        message=_sentence(query, counts),
    )


def unasked(query: Query, why: str) -> Finding:
    return Finding(metric=query.name, verdict="NoData", dry_run=query.dry_run, message=why)


def _judged(query: Query, value: float) -> Verdict:
    """What is bad goes before what is good; with one comparison, what it is not true of is the other."""
    if query.failure is not None and holds(query.failure, value):
        return "Fail"
    if query.success is None:
        return "Pass"
    if holds(query.success, value):
        return "Pass"
    return "Fail" if query.failure is None else "Inconclusive"


def _sentence(query: Query, counts: Measured) -> str:
    without = f"no number {counts.errors} times in a row, {query.error_limit} are allowed: {counts.error}"
    if not counts.measurements:
        return without if counts.errors else "not asked yet"
    asked = [f"{word} {text}" for word, text in (("success", query.success), ("failure", query.failure)) if text]
    said = {"Pass": "good", "Fail": "bad", "Inconclusive": "neither good nor bad", "NoData": ""}[counts.verdict]
    number = f"{float(counts.value):g} is {said} ({', '.join(asked)})"
    bad = f"{counts.failures} of {counts.measurements} measurements were bad, {query.failure_limit} are allowed"
    return "; ".join([number, bad, *([without] if counts.errors else [])])


def _duration(given: float) -> str:
    """As PromQL writes it, which knows no fractions."""
    milliseconds = max(1, round(given * 1000))
    return f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"
