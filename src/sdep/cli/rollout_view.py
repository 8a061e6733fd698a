"""A rollout in words: in the tree, as lines of a log, and its decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sdep.api.status import Decided, Finding
from sdep.cli.ages import age
from sdep.cli.branches import Branch
from sdep.cli.terminal import Terminal, Tone
from sdep.diagnosis.rollout import RolloutView

_PHASES: dict[str, Tone] = {"Progressing": "busy", "Paused": "busy", "Promoted": "good", "RolledBack": "bad"}
_VERDICTS: dict[str, Tone] = {"Pass": "good", "Fail": "bad", "Inconclusive": "busy", "NoData": "busy"}


def summary(rollout: RolloutView, between: str = ", ") -> str:
    """`rollout of canary: Progressing, step 1 of 3, weight 5%`."""
    parts = [rollout.phase, *filter(None, rollout.place.split(", "))]
    return f"rollout of {rollout.canary}: {between.join(parts)}"


def rollout_branch(rollout: RolloutView, at: datetime) -> Branch:
    """Where it is, why, what was decided last, and below it what each measure found."""
    said = _because(rollout)
    decided = [_decided(rollout.decided, at, rollout.message)] if rollout.decided else []
    return Branch(
        summary(rollout, " · "),
        symbol=_PHASES.get(rollout.phase, "busy"),
        aside=_since(rollout, at),
        notes=decided if rollout.stopped else [*said, *decided],
        loud=said if rollout.stopped else (),
        below=[
            Branch(f"{_measure(found)}: {found.message or found.verdict}", _VERDICTS[found.verdict])
            for found in rollout.findings
        ],
    )


def rollout_lines(rollout: RolloutView) -> Iterator[str]:
    """`subject: what it is now`, without ages; and without the numbers of a judgement that is still open, which change at every look."""
    yield summary(rollout)
    for found in rollout.findings:
        ended = found.verdict == "Fail" and not found.dry_run and found.message
        yield f"finding {_measure(found)}: {found.verdict}" + (f": {found.message}" if ended else "")
    if decided := rollout.decided:
        yield f"decision: {_words(decided)}"


def decision_lines(decided: Sequence[Decided], term: Terminal, at: datetime) -> Iterator[str]:
    """The decisions below a head, one a line, within the width."""
    yield term.paint("rollout", "strong")
    room = max(len(decision.by) for decision in decided)
    for decision in decided:
        start = f"  {f'{age(decision.at, at)} ago':<8} {decision.by:<{room}}  "
        yield start + term.cut(_what(decision), len(start))


def _because(rollout: RolloutView) -> list[str]:
    """One line, or none where the others say it all."""
    if not rollout.because:
        return []
    same = rollout.reason in {"", rollout.phase}
    return [rollout.because if same else f"{rollout.reason}: {rollout.because}"]


def _since(rollout: RolloutView, at: datetime) -> str:
    if rollout.finished_at:
        return f"{age(rollout.finished_at, at)} ago"
    return f"for {age(rollout.step_started_at, at)}" if rollout.step_started_at else ""


def _measure(found: Finding) -> str:
    return f"{found.metric} (dry run)" if found.dry_run else found.metric


def _decided(decided: Decided, at: datetime, told: str) -> str:
    """The last decision; its reason is left out where the line above gives it."""
    words = _words(decided.model_copy(update={"why": ""}) if decided.why == told else decided)
    return f"{age(decided.at, at)} ago {words}"


def _words(decided: Decided) -> str:
    return f"{decided.by}: {_what(decided)}"


def _what(decided: Decided) -> str:
    return f"{decided.what}: {decided.why}" if decided.why else decided.what
