"""The command `sdep history`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime

from sdep.cli import options
from sdep.cli.ages import age, now
from sdep.cli.origin import origin_line
from sdep.cli.output import emit
from sdep.cli.rollout_view import decision_lines
from sdep.cli.session import Session, in_session
from sdep.cli.terminal import Terminal, terminal
from sdep.diagnosis.rollout import read_rollout
from sdep.diagnosis.served import Entry, UnitHistory, histories

DESCRIPTION = """List the models that each unit has served, newest first: what, since when, and why it came. After them the decisions of
its rollouts: when, by whom, what and why.

0 is served now; the other numbers are for `sdep undo --to`. The operator remembers ten models of each unit, and twenty
decisions."""
EXAMPLES = (
    "sdep history prices",
    "sdep history prices -o json | jq '.units[0].entries[1].version'",
    "sdep history prices -o json | jq '.decisions[0].why'",
)


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_name(parser)
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    return in_session(given, lambda session: _history(session, given))


async def _history(session: Session, given: argparse.Namespace) -> int:
    body = await session.seldon_deployment(given.name)
    rollout = read_rollout(body.get("status") or {})
    units, decided = histories(body), rollout.history if rollout else []
    if given.output:
        dumped = [unit.model_dump(mode="json", by_alias=True) for unit in units]
        told = [decision.model_dump(mode="json", by_alias=True) for decision in decided]
        emit({"name": given.name, "namespace": session.namespace, "units": dumped, "decisions": told}, given.output)
        return 0
    term, at = terminal(given.color), now()
    parts = [list(_unit(unit, term, at)) for unit in units]
    parts += [list(decision_lines(decided, term, at))] if decided else []
    if parts:
        sys.stdout.write("\n\n".join("\n".join(part) for part in parts) + "\n")
    else:
        sys.stderr.write(f"{given.name} has served no model yet; `sdep explain {given.name}` says why\n")
    return 0


def _unit(unit: UnitHistory, term: Terminal, at: datetime) -> Iterator[str]:
    held = f"  {term.paint('held', 'busy')}" if unit.held else ""
    yield f"{term.paint(unit.unit, 'strong')}  {term.paint(unit.uri, 'dim')}{held}"
    room = max(len(entry.label) for entry in unit.entries)
    for entry in unit.entries:
        yield _line(entry, entry.why.replace(f"{unit.uri} ", ""), min(room, 40), term, at)
        if made := origin_line(entry.origin):
            yield f"{'':6}{term.paint(term.cut(term.shown(made), 6), 'dim')}"


def _line(entry: Entry, why: str, room: int, term: Terminal, at: datetime) -> str:
    """`0  price/3  5m ago  why it came`, within the width."""
    when = f"{age(entry.since, at)} ago" if entry.since else ""
    start = f"  {entry.number:>2}  "
    label = term.cut(entry.label) if term.width is None else entry.label[:room]
    tail = term.cut(why, len(start) + room + 2 + 9) if why else ""
    painted = term.paint(f"{label:<{room}}", "good") if entry.number == 0 else f"{label:<{room}}"
    return f"{start}{painted}  {when:<8} {term.paint(tail, 'dim')}".rstrip()
