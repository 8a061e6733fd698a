"""A shadow beside who answers the clients, in words: in the tree, and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sdep.api.comparison import ComparisonFound, PairedTest, Quantiles
from sdep.cli.ages import age
from sdep.cli.branches import Branch
from sdep.cli.terminal import Terminal

_MOST_FLIPS = 10


def comparison_branch(found: ComparisonFound, at: datetime) -> Branch:
    return Branch(f"comparison of {found.shadow}", symbol="busy", aside=_since(found, at), notes=[found.message])


def report(found: ComparisonFound, term: Terminal, at: datetime) -> Iterator[str]:
    """What the pairs say, and below it the numbers, one measure a line."""
    yield f"{term.paint(found.shadow, 'strong')}  {term.paint(_since(found, at), 'dim')}"
    yield from term.wrapped(found.message, indent="  ")
    rows = list(_rows(found))
    room = max(len(name) for name, _ in rows)
    yield ""
    for name, text in rows:
        yield f"  {term.paint(f'{name:<{room}}', 'dim')}  {term.cut(text, room + 4)}"


def _rows(found: ComparisonFound) -> Iterator[tuple[str, str]]:
    yield "pairs", f"{found.pairs:,}, of which {found.compared:,} can be compared and {found.alike:,} are wholly alike"
    if found.agreement:
        between = f"{found.agreement.low:.2%} to {found.agreement.high:.2%}"
        yield "agreement", f"{found.agreement.estimate:.2%} ({between}, at every look)"
    for flip in found.flips[:_MOST_FLIPS]:
        yield "label", f"{flip.live} -> {flip.shadow}: {flip.rows:,} rows"
    if rest := sum(flip.rows for flip in found.flips[_MOST_FLIPS:]) + found.other_flips:
        yield "label", f"any other: {rest:,} rows"
    tests = {test.measure: test for test in found.tests}
    if found.delta:
        yield "numbers", f"{_quantiles(found.delta, 1)}{_tested(tests.get('numbers'), 'greater', 'smaller')}"
    if found.slower:
        yield "time", f"{_quantiles(found.slower, 1000)} ms{_tested(tests.get('latency'), 'slower', 'faster')}"
    yield (
        "failures",
        f"shadow alone {found.shadow_failed:,}, live alone {found.live_failed:,}, both {found.both_failed:,}",
    )
    yield "no pair", f"shadow alone {found.shadow_only:,}, live alone {found.live_only:,}"


def _quantiles(found: Quantiles, factor: float) -> str:
    named = (("p5", found.p05), ("p50", found.p50), ("p95", found.p95), ("p99", found.p99))
    return ", ".join(f"{name} {factor * value:+.3g}" for name, value in named)


def _tested(test: PairedTest | None, more: str, less: str) -> str:
    return f" ({test.more:,} {more}, {test.less:,} {less}, p {test.p_value:.2g})" if test else ""


def _since(found: ComparisonFound, at: datetime) -> str:
    return f"for {age(found.since, at)}"
