"""The command `sdep release`."""

from __future__ import annotations

import argparse
import json
import sys

from sdep.cli import options
from sdep.cli.output import emit
from sdep.cli.session import Session, in_session
from sdep.errors import InvalidError
from sdep.registry.hold import HOLD_ANNOTATION, with_holds

DESCRIPTION = """Let units that `sdep undo` holds follow the registry again: they move at once to what their reference says now.

Exits with 1 where nothing is held."""
EXAMPLES = ("sdep release prices", "sdep release prices --unit main/price")


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_name(parser)
    parser.add_argument("--unit", metavar="PREDICTOR/UNIT", help="default: all that are held")
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    return in_session(given, lambda session: _release(session, given))


async def _release(session: Session, given: argparse.Namespace) -> int:
    body = await session.seldon_deployment(given.name)
    text = (body["metadata"].get("annotations") or {}).get(HOLD_ANNOTATION)
    if text is None:
        sys.stderr.write(f"sdep release: nothing of {given.name} is held\n")
        return 1
    held = _held(text)
    released = [given.unit] if given.unit else held
    if given.unit and given.unit not in held:
        raise InvalidError(
            "NotFound", f"{given.unit} is not held; held: {', '.join(held) or 'nothing that can be read'}"
        )
    await session.cluster.annotate(
        body, HOLD_ANNOTATION, with_holds(text, dict.fromkeys(released)) if given.unit else None
    )
    if given.output:
        emit({"released": released}, given.output)
    else:
        names = ", ".join(released) or "a hold that could not be read"
        sys.stdout.write(f"released: {names}\n")
    return 0


def _held(text: str) -> list[str]:
    try:
        entries = json.loads(text)
    except ValueError:
        return []
    return sorted(entries) if isinstance(entries, dict) else []
