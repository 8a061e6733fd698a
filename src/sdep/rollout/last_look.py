"""The last look: when it is, and what stays of it.

Bounds that hold at every look are wide. So a part of the chances of an error is kept for one look whose time is fixed before anything is
seen, the end of `maxDuration` in the last step: there the evidence may be held against what one look alone allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdep.api.duration import seconds
from sdep.api.moment import seconds_between
from sdep.api.status import Finding, RolloutStatus
from sdep.rollout.trial import Trial


def due(trial: Trial, status: RolloutStatus, now: str) -> bool:
    """Once in a rollout, whatever was seen by then: a time that is chosen by what was seen would be one look of many."""
    steps, analysis = trial.spec.steps, trial.spec.analysis
    if status.collected.last_look or not status.step_started_at or status.step + 1 != len(steps):
        return False
    longest = max(seconds(steps[-1].duration), seconds(analysis.max_duration))
    return seconds_between(status.step_started_at, now) >= longest


def standing(before: Sequence[Finding], found: Sequence[Finding]) -> Iterator[Finding]:
    """What is found after the last look: what has passed by then stays so, while a gate or a freeze holds it, unless it fails."""
    known = list(before)
    for finding in found:
        old = next((one for one in known if one.metric == finding.metric), None)
        if old:
            known.remove(old)
        yield old if old and old.verdict == "Pass" and finding.verdict != "Fail" else finding
