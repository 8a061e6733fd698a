"""What a person tells a rollout: an annotation of the SeldonDeployment, written by `sdep promote` and its like.

It is JSON: {"verb": "promote", "at": …, "by": …, "why": …}. It lives in metadata and not in the spec, so that nobody's manifest is
changed. Each command is obeyed once: the status remembers the last.
"""

from __future__ import annotations

import json
from typing import Literal, get_args

from pydantic import ValidationError

from sdep.api.base import KubeModel
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import SeldonDeployment

COMMAND_ANNOTATION = "sdep.io/rollout-command"
_FIELD = f"metadata.annotations[{COMMAND_ANNOTATION}]"

Verb = Literal["promote", "complete", "abort", "retry", "pause", "resume"]
VERBS: tuple[Verb, ...] = get_args(Verb)


class Command(KubeModel):
    """One command. `at` is RFC 3339: two of one verb at one time are one.

    `promote` ends the step in the canary's favour, `complete` the whole rollout; `abort` turns back; `retry` tries the same canary
    again; `pause` stops where it is and `resume` goes on.
    """

    verb: Verb
    at: str
    by: str = ""
    why: str = ""

    @property
    def id(self) -> str:
        """What the status remembers of a command that was obeyed."""
        return f"{self.verb}@{self.at}"


def read_command(sdep: SeldonDeployment) -> Command | None:
    """The last command, obeyed or not; None where there is none that can be read."""
    text = (sdep.metadata.annotations or {}).get(COMMAND_ANNOTATION)
    if text is None:
        return None
    try:
        return Command.model_validate(json.loads(text), by_alias=True, by_name=False)
    except (ValueError, RecursionError, ValidationError):
        return None


def command_problems(sdep: SeldonDeployment) -> tuple[Problem, ...]:
    """A warning where the annotation is no command."""
    if COMMAND_ANNOTATION not in (sdep.metadata.annotations or {}) or read_command(sdep):
        return ()
    known = ", ".join(VERBS)
    message = f'is no JSON object of the form {{"verb": …, "at": …}} with one of the verbs {known}: it is not obeyed'
    return (Problem("warning", "InvalidCommand", _FIELD, message),)
