"""What the pairs of a comparison say, in numbers and as a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.comparison import Bounded, Comparison, PairedTest, Quantiles
from sdep.comparison.intervals import ALPHA, share, sign_test
from sdep.evidence.histogram import Histogram


def said(counted: Comparison) -> Comparison:
    """The same counts with what they mean."""
    agreement = share(counted.agreed, counted.compared)
    found = counted.model_copy(
        update={
            "agreement": agreement,
            "delta": _quantiles(counted.deltas),
            "slower": _quantiles(counted.latency),
            "tests": list(_tests(counted)),
        }
    )
    return found.model_copy(update={"message": _sentence(found, agreement)})


def _quantiles(values: Histogram) -> Quantiles | None:
    if not values.total:
        return None
    p05, p50, p95, p99 = (values.quantile(part) for part in (0.05, 0.5, 0.95, 0.99))
    return Quantiles(p05=p05, p50=p50, p95=p95, p99=p99)


def _tests(counted: Comparison) -> Iterator[PairedTest]:
    yield _test("errors", counted.shadow_failed, counted.live_failed)
    for measure, values in (("latency", counted.latency), ("numbers", counted.deltas)):
        signs = values.coarser(0).counts
        if values.total:
            yield _test(measure, signs.get(1.0, 0), signs.get(-1.0, 0))


def _test(measure: str, more: int, less: int) -> PairedTest:
    return PairedTest.model_validate(
        {"measure": measure, "more": more, "less": less, "p_value": sign_test(more, less)}, by_name=True
    )


def _sentence(found: Comparison, agreement: Bounded | None) -> str:
    if not found.pairs:
        return "no request was answered by both yet"
    if agreement is None:
        return f"{_count(found.pairs, 'request')} answered by both, and nothing in the answers that can be compared"
    between = f"{100 * agreement.low:.1f} to {100 * agreement.high:.1f} %"
    parts = [f"{100 * agreement.estimate:.1f} % agree ({between}) in {found.compared:,} pairs of answers"]
    parts += [f"most often {flip.live} became {flip.shadow} ({flip.rows:,} rows)" for flip in found.flips[:1]]
    return "; ".join([*parts, *_differences(found)])


def _differences(found: Comparison) -> Iterator[str]:
    """Those that the tests are sure of."""
    sure = {test.measure: test for test in found.tests if test.p_value < ALPHA}
    if test := sure.get("errors"):
        yield f"it fails {'more' if test.more > test.less else 'less'} often ({test.more:,} times against {test.less:,})"
    if (test := sure.get("latency")) and found.slower:
        way = "slower" if test.more > test.less else "faster"
        yield f"it is {way} ({1000 * abs(found.slower.p50):,.3g} ms in the median)"
    if (test := sure.get("numbers")) and found.delta:
        yield f"its numbers are {'greater' if test.more > test.less else 'smaller'} (median {found.delta.p50:+,.3g})"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
