"""What promote, abort, retry, pause and resume share: a word to a rollout, in an annotation that the operator obeys once."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Collection, Mapping

from pydantic import TypeAdapter

from sdep.api.duration import Duration, seconds
from sdep.cli import options
from sdep.cli.ages import now
from sdep.cli.output import emit
from sdep.cli.rollout_view import summary
from sdep.cli.session import Session, in_session
from sdep.cli.user import user
from sdep.cli.watching import SELDON_DEPLOYMENTS, Watching
from sdep.diagnosis.rollout import RolloutView, rollout_view
from sdep.errors import InvalidError, TransientError
from sdep.rollout.command import COMMAND_ANNOTATION, Command, Verb

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
_TRIES = 5
"""The operator writes the status of a running rollout at every look: each write can come between our read and ours."""


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_name(parser)
    parser.add_argument("--why", default="", metavar="TEXT", help="kept among the decisions of the rollout")
    parser.add_argument("--wait", action="store_true", help="until the operator has obeyed")
    parser.add_argument(
        "--timeout",
        type=duration,
        default=60.0,
        metavar="DURATION",
        help="of --wait; default: 1m, then the exit code is 3",
    )
    options.add_cluster(parser)
    options.add_output(parser)


def duration(text: str) -> float:
    """The seconds of `30s` or `1h30m`. Raises ValueError."""
    return seconds(TypeAdapter(Duration).validate_python(text))


def tell(given: argparse.Namespace, verb: Verb) -> int:
    """Write the command, and wait for it where that was asked for."""
    command = Command(verb=verb, at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}", by=user(), why=given.why)
    return in_session(given, lambda session: _tell(session, given, command))


async def _tell(session: Session, given: argparse.Namespace, command: Command) -> int:
    rollout = await _told(session, given.name, command)
    if given.wait:
        rollout = await _obeyed(session, given.name, command, given.timeout)
    if given.output:
        emit(
            {
                "name": given.name,
                "namespace": session.namespace,
                "command": command.model_dump(by_alias=True),
                "obeyed": given.wait,
                "rollout": rollout.model_dump(mode="json", by_alias=True),
            },
            given.output,
        )
    else:
        said = "has obeyed" if given.wait else "is told to"
        sys.stdout.write(f"{given.name} {said} {command.verb}; {summary(rollout)}\n")
    return 0


async def _told(session: Session, name: str, command: Command, tries: int = _TRIES) -> RolloutView:
    """The rollout as it was when the annotation was written."""
    body = await session.seldon_deployment(name)
    rollout = sensible(command.verb, name, rollout_view(body.get("status") or {}))
    try:
        text = command.model_dump_json(by_alias=True, exclude_defaults=True)
        await session.cluster.annotate(body, COMMAND_ANNOTATION, text)
    except TransientError as error:
        if error.reason != "Conflict" or tries <= 1:
            raise
        return await _told(session, name, command, tries - 1)
    return rollout


async def _obeyed(session: Session, name: str, command: Command, within: float) -> RolloutView:
    """The rollout after the command. Raises TransientError NotObeyed where that takes more than `within` seconds."""
    try:
        async with asyncio.timeout(within), Watching(session, SELDON_DEPLOYMENTS) as watching:
            while True:
                await watching.changed()
                rollout = rollout_view((await session.seldon_deployment(name)).get("status") or {})
                if rollout and rollout.command == command.id:
                    return rollout
    except TimeoutError as error:
        message = (
            f"{name} is told to {command.verb}, and no operator has obeyed in {within:g} seconds: see that it runs"
        )
        raise TransientError("NotObeyed", message) from error


def sensible(verb: Verb, name: str, rollout: RolloutView | None) -> RolloutView:
    """The rollout, where the verb changes something in its phase. Raises InvalidError."""
    if rollout is None:
        raise InvalidError("NoRollout", f"{name} has no rollout: one begins when a canary of spec.rollout is tried")
    if rollout.phase in _SENSIBLE[verb]:
        return rollout
    reason, why = _OTHERWISE.get(verb) or _OTHERWISE[rollout.phase]
    raise InvalidError(reason, f"the rollout of {rollout.canary} in {name} is {rollout.phase}: {why}")
