"""The command `sdep explain`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator

from sdep.cli import options
from sdep.cli.gathering import gather_all
from sdep.cli.output import emit
from sdep.cli.session import Session, in_session
from sdep.cli.terminal import Terminal, Tone, terminal
from sdep.diagnosis.causes import Evidence, Explanation, Suspect, explain, suspect
from sdep.diagnosis.last_words import last_words
from sdep.diagnosis.link import Link
from sdep.errors import InvalidError, TransientError

DESCRIPTION = """Say why a SeldonDeployment is not ready: the chain from its condition to the Deployment, the ReplicaSet, the pod and the
container, with the container's own last lines, and one sentence of what to do. Where it is ready, say what it serves, and why
its rollout is paused or was turned back.

Exits with 0 where it is Ready, with 1 where it is not."""
EXAMPLES = (
    "sdep explain prices -n models",
    "sdep explain prices -o json | jq -r '.chain[-1].reason'",
)
_LINES_READ, _LINES_SHOWN = 40, 6


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_name(parser)
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    return in_session(given, lambda session: _explain(session, given))


async def _explain(session: Session, given: argparse.Namespace) -> int:
    found = await gather_all(session, given.name)
    if not found:
        raise InvalidError("NotFound", f"there is no SeldonDeployment {given.name!r} in namespace {session.namespace}")
    asked = suspect(found[0])
    said = explain(found[0], await _evidence(session, asked) if asked else Evidence())
    if given.output:
        emit(said.model_dump(mode="json", by_alias=True), given.output)
    else:
        sys.stdout.write("\n".join(_text(said, terminal(given.color))) + "\n")
    return 0 if said.ready else 1


async def _evidence(session: Session, asked: Suspect) -> Evidence:
    """What the pod said; a log or events that may not be read leave the chain shorter and stop nothing."""
    log, events = await asyncio.gather(_log(session, asked), _events(session, asked.pod))
    return Evidence(log, events)


async def _log(session: Session, asked: Suspect) -> list[str]:
    if not asked.container:
        return []
    previous, current = await asyncio.gather(
        *(
            session.cluster.log(session.namespace, asked.pod, asked.container, lines=_LINES_READ, previous=previous)
            for previous in (True, False)
        )
    )
    return last_words(asked.ended, previous, current)[-_LINES_SHOWN:]


async def _events(session: Session, pod: str) -> list[dict[str, object]]:
    try:
        found = await session.cluster.objects("v1", "Event", session.namespace, fields=f"involvedObject.name={pod}")
    except (InvalidError, TransientError):
        return []
    return sorted(found, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))


def _text(said: Explanation, term: Terminal) -> Iterator[str]:
    if said.ready:
        yield f"{term.symbol('good')} {term.paint(said.name, 'strong')} is Ready and serves"
        for line in said.serves:
            yield from term.wrapped(line, indent="  ")
        if not said.chain:
            return
        yield ""
    for depth, link in enumerate(said.chain):
        later = said.chain[depth + 1 :]
        told_below = any(link.reason == other.reason or link.says == other.says for other in later)
        shown = link.model_copy(update={"says": ""}) if link.reason and told_below else link
        yield from _link(shown, depth, term, "busy" if said.ready else "bad")
    yield ""
    first, *rest = list(term.wrapped(f"To do: {said.advice}"))
    yield term.paint("To do:", "strong") + first.removeprefix("To do:")
    yield from rest


def _link(link: Link, depth: int, term: Terminal, tone: Tone) -> Iterator[str]:
    """The object with its reason, and beside or below it what it says."""
    if not depth:
        yield f"{term.symbol(tone)} {term.paint(link.name, 'strong')} {link.says}"
        return
    stem, indent = "   " * (depth - 1) + "└─ ", "   " * depth
    head = f"{link.kind} {link.name}"
    beside = link.says and not link.reason and _fits(f"{stem}{head}: {link.says}", term)
    above = not link.reason or _fits(f"{stem}{head}: {link.reason}", term)
    tail = f": {term.paint(link.reason, 'bad')}" if link.reason and above else ""
    yield term.paint(term.shown(stem), "dim") + term.paint(head, "strong") + (f": {link.says}" if beside else tail)
    if not above:
        yield indent + term.paint(link.reason, "bad")
    if link.says and not beside:
        yield from term.wrapped(link.says, indent=indent)
    for line in link.log:
        for part in term.wrapped(readable(line), indent=indent + term.shown("│ ")):
            yield term.paint(part, "dim")


def _fits(line: str, term: Terminal) -> bool:
    return term.width is None or len(line) <= term.width


def readable(line: str) -> str:
    """A log line; one that is a JSON object becomes its values, those that say least left out."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line.rstrip()
    if not isinstance(fields, dict):
        return line.rstrip()
    time = str(fields.get("time") or fields.get("ts") or "")[11:19]
    values = [str(value) for name, value in fields.items() if name not in {"time", "ts", "logger"}]
    return " ".join(filter(None, [time, *values]))
