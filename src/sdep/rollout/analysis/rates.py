"""Errors and refusals: the canary's share of them against the stable predictor's."""

from __future__ import annotations

import math

from sdep.api.rollout import Metric
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.comparison import Comparison
from sdep.rollout.analysis.exact_difference import exactly_most
from sdep.rollout.analysis.hypergeometric import as_many
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.margins import margin
from sdep.rollout.analysis.proportions import Share, difference


def errors(metric: Metric, stable: Evidence, canary: Evidence, risk: Risk) -> Comparison:
    """Answers that are the server's fault, in percentage points."""
    return _compared(metric, share(stable.errors, stable), share(canary.errors, canary), risk, "failed")


def refusals(metric: Metric, stable: Evidence, canary: Evidence, risk: Risk) -> Comparison:
    """Answers that say that the client asked wrongly, in percentage points."""
    return _compared(metric, share(stable.refusals, stable), share(canary.refusals, canary), risk, "were refused")


def share(hits: int, evidence: Evidence) -> Share:
    """What pods tell is not trusted to add up."""
    return Share(min(hits, evidence.requests), evidence.requests)


def _compared(metric: Metric, stable: Share, canary: Share, risk: Risk, verb: str) -> Comparison:
    points = _difference(stable, canary, risk).times(100)
    facts = (
        f"{100 * canary.rate:.1f} % of {canary.trials:,} requests {verb}, "
        f"{100 * stable.rate:.1f} % of {stable.trials:,} at the stable predictor"
    )
    return Comparison(points, f"{facts}: {points.difference(margin(metric), 'points')}")


def _difference(stable: Share, canary: Share, risk: Risk) -> Interval:
    found = difference(stable, canary, risk.early).known(risk.surely)
    if risk.last is None:
        return found
    found = found.narrowed(-math.inf, exactly_most(stable, canary, risk.last.passed))
    return found.known(found.worse or as_many(stable, canary) <= risk.last.worse)
