"""What becomes of a rollout that a person told something."""

from __future__ import annotations

from sdep.api.freeze import frozen_until
from sdep.api.status import RolloutStatus
from sdep.rollout.command import Command
from sdep.rollout.gates import FROZEN
from sdep.rollout.seen import Seen
from sdep.rollout.transition import ENDED, begun, decided, next_step, paused, promoted, rolled_back
from sdep.rollout.trial import Trial

_FORBIDDEN_IN_A_FREEZE = frozenset({"promote", "complete"})


def obeyed(trial: Trial, status: RolloutStatus, seen: Seen, now: str) -> RolloutStatus:
    """A freeze holds for people too: who means to go on takes the window out of the manifest."""
    command = seen.command
    if command is None or command.id == status.command:
        return status
    until = frozen_until(trial.spec.freeze, now)
    if until and command.verb in _FORBIDDEN_IN_A_FREEZE and status.phase not in ENDED:
        by = command.by or "somebody"
        told = decided(status, now, by, refused(command.verb), command.why)
        new = told.model_copy(update={"message": f"{by} may not {command.verb} it: frozen until {until}"})
    else:
        new = _done(trial, status, command, seen, now)
    return new.model_copy(update={"command": command.id})


def refused(verb: str) -> str:
    """What the history says of a command that a freeze forbids."""
    return f"{verb} refused ({FROZEN})"


def _done(trial: Trial, status: RolloutStatus, command: Command, seen: Seen, now: str) -> RolloutStatus:
    by, why, ended = command.by or "somebody", command.why, status.phase in ENDED
    new = status
    if command.verb == "retry" and status.phase == "RolledBack":
        again = begun(trial, status, seen, now)
        new = decided(again, now, by, "retried", why)
    elif command.verb == "complete" and not ended:
        new = promoted(trial, status, now, by, why)
    elif command.verb == "abort" and not ended:
        new = rolled_back(status, now, by, "Aborted", why or f"{by} aborted it")
    elif command.verb == "promote" and not ended:
        new = next_step(trial, status, now, by, why)
    elif command.verb == "pause" and status.phase == "Progressing":
        new = paused(status, now, by, "Paused", why or f"{by} paused it")
    elif command.verb == "resume" and status.phase == "Paused":
        reason = "Analysing" if status.step_started_at else "CanaryStarting"
        new = decided(status, now, by, "resumed", why).model_copy(
            update={"phase": "Progressing", "reason": reason, "message": ""}
        )
    return new
