"""Adds pairs to what is known of a shadow. Everything stays bounded, however long it is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sdep.api.comparison import DIFFERENCE_DIGITS, Comparison, Flip
from sdep.comparison.agreement import Allowed, rows_of_both
from sdep.evidence import histogram
from sdep.evidence.answers import Answer
from sdep.evidence.histogram import Histogram

MOST_FLIPS = 20
"""Kinds of flips that are told by name: the most frequent. A kind that was crowded out once begins at nothing."""
MOST_VALUES = 100
"""Of the histogram of a difference."""

Pairs = Sequence[tuple[Answer, Answer]]


def with_pairs(before: Comparison, pairs: Pairs, allowed: Allowed) -> Comparison:
    """The counts with these pairs, live and shadow; what they mean is said elsewhere."""
    answered = [(live, shadow) for live, shadow in pairs if not live.failed and not shadow.failed]
    shares = [share for live, shadow in answered if (share := _share(live, shadow, allowed)) is not None]
    flips, other = _flips(before, answered)
    return before.model_copy(
        update={
            "pairs": before.pairs + len(pairs),
            "compared": before.compared + len(shares),
            "alike": before.alike + sum(share == 1 for share in shares),
            "agreed": round(before.agreed + sum(shares), 6),
            "flips": flips,
            "other_flips": other,
            "live_failed": before.live_failed + sum(live.failed and not shadow.failed for live, shadow in pairs),
            "shadow_failed": before.shadow_failed + sum(shadow.failed and not live.failed for live, shadow in pairs),
            "both_failed": before.both_failed + sum(live.failed and shadow.failed for live, shadow in pairs),
            "deltas": _added(before.deltas, _deltas(answered)),
            "latency": _added(before.latency, [shadow.seconds - live.seconds for live, shadow in answered]),
        }
    )


def _share(live: Answer, shadow: Answer, allowed: Allowed) -> float | None:
    """Of the rows, those that agree; None where there are none to compare."""
    agree = [allowed.agree(*rows) for rows in rows_of_both(live.rows, shadow.rows)]
    return sum(agree) / len(agree) if agree else None


def _flips(before: Comparison, answered: Pairs) -> tuple[list[Flip], int]:
    counts = Counter({(flip.live, flip.shadow): flip.rows for flip in before.flips})
    for live, shadow in answered:
        counts.update(
            (one.label, other.label)
            for one, other in zip(live.rows, shadow.rows, strict=False)
            if one.label is not None and other.label is not None and one.label != other.label
        )
    named = counts.most_common(MOST_FLIPS)
    told = [Flip(live=live, shadow=shadow, rows=rows) for (live, shadow), rows in named]
    return told, before.other_flips + counts.total() - sum(flip.rows for flip in told)


def _deltas(answered: Pairs) -> Iterable[float]:
    for live, shadow in answered:
        for one, other in zip(live.rows, shadow.rows, strict=False):
            if one.number is not None and other.number is not None:
                delta = other.number - one.number
                noise = 1e-12 * max(abs(one.number), abs(other.number))
                yield delta if abs(delta) > noise else 0.0


def _added(before: Histogram, values: Iterable[float]) -> Histogram:
    return before.plus(histogram.of(values, DIFFERENCE_DIGITS)).bounded(MOST_VALUES)
