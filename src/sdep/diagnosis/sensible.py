"""Whether a word to a rollout would change anything, and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sdep.diagnosis.rollout import RolloutView
from sdep.errors import InvalidError
from sdep.rollout.command import Verb

_UNDER_WAY = ("Progressing", "Paused")
_SENSIBLE: Mapping[Verb, Collection[str]] = {
    "promote": _UNDER_WAY,
    "complete": _UNDER_WAY,
    "abort": _UNDER_WAY,
    "pause": ("Progressing",),
    "resume": ("Paused",),
    "retry": ("RolledBack",),
}
"""The phases in which a verb changes something."""
_OTHERWISE: Mapping[str, tuple[str, str]] = {
    "retry": ("NotRolledBack", "only a canary that was turned back is tried again"),
    "resume": ("NotPaused", "only a paused one is resumed"),
    "Paused": ("AlreadyPaused", "`sdep resume` lets it go on"),
    "Promoted": ("RolloutEnded", "another one begins with the next canary"),
    "RolledBack": ("RolloutEnded", "`sdep retry` tries the same canary again"),
}
"""Why not: by the verb, else by the phase."""


def sensible(verb: Verb, name: str, rollout: RolloutView | None) -> RolloutView:
    """The rollout, where the verb changes something in its phase. Raises InvalidError."""
    if rollout is None:
        raise InvalidError("NoRollout", f"{name} has no rollout: one begins when a canary of spec.rollout is tried")
    if rollout.phase in _SENSIBLE[verb]:
        return rollout
    reason, why = _OTHERWISE.get(verb) or _OTHERWISE[rollout.phase]
    raise InvalidError(reason, f"the rollout of {rollout.canary} in {name} is {rollout.phase}: {why}")
