"""An experiment in words: in the tree, as lines of a log, and as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sdep.api.experiment_status import ArmStatus, ExperimentPlace, PairFinding
from sdep.cli.ages import age
from sdep.cli.branches import Branch
from sdep.cli.terminal import Terminal, Tone

_PHASES: dict[str, Tone] = {"Running": "busy", "Decided": "good", "Ended": "busy"}
_HEADINGS = ("ARM", "REQUESTS", "ERRORS", "P50 MS", "P90 MS", "P99 MS", "RIGHT", "MEDIAN ERROR", "REWARD", "MODELS")


def summary(experiment: ExperimentPlace, between: str = ", ") -> str:
    """`experiment by correct: Decided, b wins`."""
    said = f"{experiment.winner} wins" if experiment.winner else experiment.reason
    return f"experiment by {experiment.goal}: {between.join((experiment.phase, said))}"


def experiment_branch(experiment: ExperimentPlace, at: datetime) -> Branch:
    """What it has come to, and below it what the goal says of each two arms."""
    goal = [found for found in experiment.findings if found.metric == experiment.goal]
    told = any(found.message in experiment.message for found in goal)
    return Branch(
        summary(experiment, " · "),
        symbol=_PHASES[experiment.phase],
        aside=_since(experiment, at),
        notes=() if told or not experiment.message else [experiment.message],
        below=[Branch(f"{found.metric}: {found.message}", _tone(found)) for found in goal],
    )


def experiment_lines(experiment: ExperimentPlace) -> Iterator[str]:
    """Without the numbers of a judgement that is still open, which change at every look."""
    yield summary(experiment)
    for found in experiment.findings:
        yield f"finding {found.metric}: {found.arm} beside {found.reference}: {found.verdict}"


def report(experiment: ExperimentPlace, term: Terminal, at: datetime) -> Iterator[str]:
    """What it has come to, the arms as a table, and what each metric says of each two of them."""
    head = f"{term.symbol(_PHASES[experiment.phase])} {term.paint(summary(experiment, ' · '), 'strong')}"
    yield f"{head}  {term.paint(_since(experiment, at), 'dim')}".rstrip()
    yield from term.wrapped(experiment.message, indent="  ")
    if experiment.arms:
        yield ""
        yield from _table([_HEADINGS, *map(_cells, experiment.arms)], term)
    if experiment.findings:
        yield ""
    for found in experiment.findings:
        verdict = f"{found.arm} beside {found.reference}: {found.verdict}"
        yield f"{term.symbol(_tone(found))} {term.paint(found.metric, 'strong')}  {verdict}"
        yield from term.wrapped(found.message, indent="  ")


def _tone(found: PairFinding) -> Tone:
    return "busy" if found.verdict in {"Inconclusive", "NoData"} else "good"


def _since(experiment: ExperimentPlace, at: datetime) -> str:
    if experiment.finished_at:
        return f"{age(experiment.finished_at, at)} ago"
    return f"for {age(experiment.started_at, at)}" if experiment.started_at else ""


def _cells(arm: ArmStatus) -> tuple[str, ...]:
    known = arm.correct + arm.incorrect
    return (
        arm.name,
        f"{arm.requests:,}",
        f"{arm.errors:,}",
        *(_milliseconds(seconds) for seconds in (arm.latency_p50, arm.latency_p90, arm.latency_p99)),
        f"{100 * arm.correct / known:.1f} % of {known:,}" if known else "-",
        "-" if arm.median_error is None else f"{arm.median_error:.3g}",
        "-" if arm.mean_reward is None else f"{arm.mean_reward:.3f} of {arm.rewards:,}",
        ", ".join(arm.models),
    )


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1000 * seconds:.3g}"


def _table(rows: Sequence[tuple[str, ...]], term: Terminal) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        line = term.cut("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), 2)
        yield "  " + (term.paint(line, "dim") if number == 0 else line)
