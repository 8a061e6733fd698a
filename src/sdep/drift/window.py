"""A window of what a predictor saw: put together from what its pods told, and judged once it is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sdep.api.drift import DriftDetector
from sdep.api.drift_status import DriftFinding, DriftJudged, DriftStatus
from sdep.api.duration import seconds
from sdep.api.moment import seconds_between
from sdep.drift.judge import MOST_FINDINGS, judged
from sdep.evidence.watched import Counts, Series, Watched

MOST_WINDOWS = 20
COLLECTING, NO_DRIFT, NO_REFERENCE = "Collecting", "NoDrift", "ReferenceNotFound"
_OF_A_KIND = {"feature": "FeaturesDrifted", "prediction": "PredictionsDrifted"}
DETECTED = frozenset({*_OF_A_KIND.values(), "QualityDegraded"})
"""Reasons of a predictor that has drifted."""


def begun(predictor: str, now: str) -> DriftStatus:
    """Nothing is known yet."""
    return DriftStatus(predictor=predictor, message="the first window is being collected", since=now)


def advance(detector: DriftDetector, before: DriftStatus, news: Iterable[Watched], now: str) -> DriftStatus:
    """One look. `news` are what each pod has seen since it was asked last.

    Pods whose reference differs from that of most are left out; where that of most changes the window begins anew.
    """
    told = list(news)
    known = [one for one in told if one.reference]
    if not known:
        return _unknown(before, told, now)
    reference = _of_most(known)
    if reference != before.reference:
        before = begun(before.predictor, now).model_copy(update={"reference": reference, "windows": before.windows})
    series = next(one.series for one in known if one.reference == reference)
    counts = _counts(before, series)
    for one in known:
        if one.reference == reference:
            counts = {each.key: counts[each.key].plus(each.seen) for each in one.series}
    rows = before.rows + sum(one.rows for one in known if one.reference == reference)
    if not _whole(detector, before.since, rows, now):
        if rows == before.rows:
            return before
        return before.model_copy(
            update={"at": now, "rows": rows, "counts": {key: str(one) for key, one in counts.items()}}
        )
    return _judged(detector, before, series, counts, rows, now)


def _unknown(before: DriftStatus, told: Sequence[Watched], now: str) -> DriftStatus:
    """Pods that do not answer say nothing; those that have no reference say why."""
    missing = next((one for one in told if one.reason), None)
    if missing is None:
        return before
    if (before.reason, before.message) == (NO_REFERENCE, missing.message):
        return before
    return begun(before.predictor, now).model_copy(
        update={"reason": NO_REFERENCE, "message": missing.message, "windows": before.windows}
    )


def _of_most(known: Sequence[Watched]) -> str:
    votes: dict[str, int] = {}
    for one in known:
        votes[one.reference] = votes.get(one.reference, 0) + 1
    return max(sorted(votes), key=votes.__getitem__)


def _counts(before: DriftStatus, series: Sequence[Series]) -> dict[str, Counts]:
    """Those of the window so far; zeros where a status holds none that fit."""
    found: dict[str, Counts] = {}
    for one in series:
        nothing = Counts(bins=(0,) * len(one.reference.bins))
        try:
            kept = Counts.parse(before.counts[one.key])
        except (KeyError, ValueError):
            kept = nothing
        found[one.key] = kept if len(kept.bins) == len(nothing.bins) else nothing
    return found


def _whole(detector: DriftDetector, since: str, rows: int, now: str) -> bool:
    window = detector.window
    return rows >= max(1, window.rows) or (
        rows >= max(1, window.min_rows) and seconds_between(since, now) >= seconds(window.duration)
    )


def _judged(
    detector: DriftDetector,
    before: DriftStatus,
    series: Sequence[Series],
    counts: Mapping[str, Counts],
    rows: int,
    now: str,
) -> DriftStatus:
    """The findings of a whole window; the next one begins empty."""
    findings = judged(detector, series, counts)
    apart = [one for one in findings if one.distance is not None]
    furthest = max(apart, key=lambda one: one.distance or 0, default=None)
    window = DriftJudged(
        since=before.since,
        at=now,
        rows=rows,
        drifted=sum(one.drifted for one in findings),
        degraded=sum(one.degraded for one in findings),
        furthest=furthest.name if furthest else "",
        distance=(furthest.distance or 0.0) if furthest else 0.0,
    )
    return before.model_copy(
        update={
            "reason": _reason(findings),
            "message": _message(findings, rows),
            "since": now,
            "at": now,
            "rows": 0,
            "counts": {},
            "findings": findings[:MOST_FINDINGS],
            "windows": [window, *before.windows][:MOST_WINDOWS],
        }
    )


def _reason(findings: Sequence[DriftFinding]) -> str:
    """The first finding is the worst."""
    worst = findings[0] if findings else None
    if worst is None or not (worst.drifted or worst.degraded):
        return NO_DRIFT
    return _OF_A_KIND[worst.kind] if worst.drifted else "QualityDegraded"


_SAID_AT_MOST = 5


def _message(findings: Sequence[DriftFinding], rows: int) -> str:
    said = [one.message for one in findings if one.drifted or one.degraded]
    if not said:
        return f"the last window of {rows:,} rows is like the reference data"
    more = f"; and {len(said) - _SAID_AT_MOST} more" if len(said) > _SAID_AT_MOST else ""
    return f"in the last window of {rows:,} rows {'; '.join(said[:_SAID_AT_MOST])}{more}"
