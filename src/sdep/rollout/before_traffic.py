"""Whether something is to be checked before a canary gets its first request."""

from __future__ import annotations

from sdep.api.status import RolloutStatus
from sdep.rollout.command import Command
from sdep.rollout.trial import Trial


def is_before_traffic(trial: Trial, before: RolloutStatus | None, command: Command | None) -> bool:
    """Whether this look may be the one that enters the first step: of a trial that waits, or of one that is retried."""
    if before is None or before.revision != trial.revision:  # it is but begun in this look
        return False
    if before.phase == "RolledBack":
        return command is not None and command.verb == "retry" and command.id != before.command
    return before.phase in {"Progressing", "Paused"} and not before.step_started_at
