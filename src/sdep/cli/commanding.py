"""What promote, abort, retry, pause and resume share: a word to a rollout, in an annotation that the operator obeys once."""

from __future__ import annotations

import argparse
import asyncio
import sys

from pydantic import TypeAdapter

from sdep.api.duration import Duration, seconds
from sdep.cli import options
from sdep.cli.ages import now
from sdep.cli.output import emit
from sdep.cli.rollout_view import summary
from sdep.cli.session import Session, in_session
from sdep.cli.user import user
from sdep.cli.watching import SELDON_DEPLOYMENTS, Watching
from sdep.cluster.rollout_command import write_command
from sdep.diagnosis.rollout import RolloutView, rollout_view
from sdep.errors import InvalidError, TransientError
from sdep.rollout.command import Command, Verb
from sdep.rollout.gates import FROZEN
from sdep.rollout.obedience import refused


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
    rollout = await write_command(session.cluster, session.namespace, given.name, command)
    if given.wait:
        rollout = await obeyed(session, given.name, command, given.timeout)
        if rollout.decided and rollout.decided.what == refused(command.verb):
            raise InvalidError(FROZEN, f"{given.name}: {rollout.message}")
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


async def obeyed(session: Session, name: str, command: Command, within: float) -> RolloutView:
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
