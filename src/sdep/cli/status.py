"""The command `sdep status`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

from sdep.cli import options
from sdep.cli.ages import now
from sdep.cli.gathering import gather_all
from sdep.cli.output import emit
from sdep.cli.session import Session, in_session
from sdep.cli.status_view import lines, plain_lines
from sdep.cli.terminal import Terminal, terminal
from sdep.cli.watching import TREES, Watching
from sdep.diagnosis.tree import View, view
from sdep.errors import InvalidError

DESCRIPTION = """Show SeldonDeployments as a tree: predictors with the weights asked for and routed, models with their versions,
Deployments and pods with what is wrong with them, rollout, experiment and shadows with what was found, and each condition that
is not as it should be.

Exits with 0 where everything that is shown is Ready, with 1 where something is not."""
EXAMPLES = (
    "sdep status                      # everything in the namespace",
    "sdep status prices -n models -w  # follow one",
    "sdep status -A -o json | jq '.items[] | select(.ready | not) | .name'",
    "sdep status prices > /dev/null && echo ready",
)

_REDRAW_SECONDS = 1.0
_CLEAR = "\033[H\033[J"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="a SeldonDeployment; default: all of the namespace")
    parser.add_argument("-w", "--watch", action="store_true", help="show again whatever changes, until interrupted")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="of every namespace")
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    if given.name and given.all_namespaces:
        raise InvalidError("InvalidCall", "a NAME is in one namespace: leave out --all-namespaces")
    if given.watch:
        return in_session(given, lambda session: _watch(session, given))
    return in_session(given, lambda session: _once(session, given))


async def _once(session: Session, given: argparse.Namespace) -> int:
    views = await _views(session, given)
    if given.name and not views:
        raise InvalidError("NotFound", f"there is no SeldonDeployment {given.name!r} in namespace {session.namespace}")
    if given.output:
        _emit(views, given.output)
    elif views:
        sys.stdout.write("\n".join(_text(views, terminal(given.color), given, now())) + "\n")
    else:
        where = "any namespace" if given.all_namespaces else f"namespace {session.namespace}"
        sys.stderr.write(f"There is no SeldonDeployment in {where}.\n")
    return 0 if all(seen.ready for seen in views) else 1


async def _views(session: Session, given: argparse.Namespace) -> list[View]:
    return [view(gathered) for gathered in await gather_all(session, given.name, everywhere=given.all_namespaces)]


def _text(views: Sequence[View], term: Terminal, given: argparse.Namespace, at: datetime) -> Iterator[str]:
    for number, seen in enumerate(views):
        if number:
            yield ""
        yield from lines(seen, term, at, with_namespace=given.all_namespaces)


def _emit(views: Sequence[View], form: str) -> None:
    emit({"items": [seen.model_dump(mode="json", by_alias=True) for seen in views]}, form)


async def _watch(session: Session, given: argparse.Namespace) -> int:
    """Drawn anew on a terminal; elsewhere each line that is new, after the time."""
    term = terminal(given.color)
    redraws = sys.stdout.isatty() and not given.output
    told: set[str] = set()
    shown = ""
    async with Watching(session, TREES, everywhere=given.all_namespaces) as watching:
        while True:
            views = await _views(session, given)
            at = now()
            if given.output:
                _emit(views, given.output)
            elif redraws:
                text = "\n".join(_text(views, term, given, at))
                if text != shown:
                    shown = text
                    sys.stdout.write(_CLEAR + text + "\n")
            else:
                told = _tell(views, told, at)
            sys.stdout.flush()
            await asyncio.sleep(_REDRAW_SECONDS)  # however fast things change
            await watching.changed()


def _tell(views: Sequence[View], told: set[str], at: datetime) -> set[str]:
    current = [line for seen in views for line in plain_lines(seen)]
    for line in current:
        if line not in told:
            sys.stdout.write(f"{at:%H:%M:%S} {line}\n")
    for line in sorted(told - set(current)):
        subject = line.split(":", 1)[0]
        if not any(other.startswith(f"{subject}:") for other in current):
            sys.stdout.write(f"{at:%H:%M:%S} {subject}: gone\n")
    return set(current)
