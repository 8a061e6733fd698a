"""`python -m bench.fuzz --count 1000000`: wrong requests by the million, and whether each gets a right answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvicorn
from typing_extensions import override
from uvicorn.server import ServerState

from bench.fuzz_seeds import BODIES, HEADS, NAMES, VALUES, WORDS
from bench.serving.models import train
from bench.serving.process import Tree
from bench.serving.servers import unit
from sdep.contract import ServedPredictor
from sdep.runtime.http.app import App
from sdep.runtime.http.ports import main_app
from sdep.runtime.http.protocol import HttpProtocol
from sdep.runtime.http.request import Request
from sdep.runtime.lifecycle import Lifecycle
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.seldon.api import SeldonApi
from sdep.runtime.settings import Settings

MAX_BODY = 100_000
_RAW_SHARE = 0.3
"""Of all requests, so many are bytes on a connection; the others have a right head and a wrong body."""
_SHOWN = 20
MLFLOWS_OWN = 415
"""`/invocations` says that it does not know a content type in plain text, as MLflow does."""


@dataclass
class Found:
    """`wrong` has what must not be: the answer, and the input that led to it."""

    codes: Counter[int] = field(default_factory=Counter)
    wrong: list[tuple[str, bytes]] = field(default_factory=list)

    def judge(self, code: int, body: bytes, asked: bytes) -> None:
        self.codes[code] += 1
        if code not in {200, MLFLOWS_OWN} and (code >= 500 or not _is_status(body)):  # noqa: PLR2004 - HTTP's numbers
            self.wrong.append((f"{code} {body[:200]!r}", asked))


def _is_status(body: bytes) -> bool:
    """v1's status object, or the error of a protocol that has its own."""
    try:
        said = json.loads(body)
    except ValueError:
        return False
    if not isinstance(said, dict):
        return False
    status = said.get("status")
    return isinstance(said.get("error") or said.get("message"), str) or (
        isinstance(status, dict) and isinstance(status.get("info"), str) and status.get("status") == "FAILURE"
    )


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """A few changes of the kinds that parsers stumble over: cut, doubled, swapped, flipped, replaced by a telling word."""
    data = bytearray(seed)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        start = draw.randrange(len(data) + 1)
        end = min(len(data), start + draw.choice((0, 1, 1, 2, 5, 20)))
        match draw.randrange(6):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end] * draw.choice((1, 2, 50))
            case 2:
                data[start:end] = draw.choice(WORDS)
            case 3:
                data[start:end] = draw.randbytes(end - start)
            case 4:
                del data[start:]
            case _:
                other = draw.randrange(len(data) + 1)
                data[start:end] = data[other : other + end - start]
    return bytes(data)


def restructured(seed: bytes, draw: random.Random) -> bytes:
    """JSON as it should be, with one value, somewhere, that should not: what gets past the parser of JSON."""
    try:
        body = json.loads(seed)
    except ValueError:
        return mutated(seed, draw)
    for _ in range(draw.choice((1, 1, 2))):
        body = _replaced(body, draw)
    return json.dumps(body).encode()


def _replaced(value: object, draw: random.Random) -> object:
    inner = value if isinstance(value, (dict, list)) else ()
    if not inner or draw.random() < 0.2:  # noqa: PLR2004 - more often something within
        return draw.choice(VALUES)
    if isinstance(value, dict):
        name = draw.choice(list(value))
        return {**value, draw.choice((name, name, draw.choice(NAMES))): _replaced(value[name], draw)}
    items = list(inner)
    index = draw.randrange(len(items))
    items[index] = _replaced(items[index], draw)
    return items * draw.choice((1, 1, 1, 2, 0))


async def fuzz(app: App, count: int, seed: int) -> Found:
    """The same `seed` asks the same."""
    draw, found = random.Random(seed), Found()
    for _ in range(count):
        if draw.random() < _RAW_SHARE:
            await _raw(app, mutated(draw.choice(HEADS), draw), draw, found)
        else:
            await _whole(app, draw, found)
    return found


async def _whole(app: App, draw: random.Random, found: Found) -> None:
    path, content_type, body = draw.choice(BODIES)
    body, query = draw.choice((mutated, restructured))(body, draw), b""
    if not content_type and draw.random() < 0.5:  # noqa: PLR2004 - a half
        body, query = b"", body
    fields = {b"content-type": mutated(content_type, draw) if draw.random() < 0.1 else content_type}  # noqa: PLR2004
    if draw.random() < 0.05:  # noqa: PLR2004 - now and then
        fields |= {b"seldon-puid": mutated(b"0123", draw), b"ce-specversion": b"1.0"}
    reply = await app(Request("POST", path, query, fields, body))
    found.judge(_code(reply.head), reply.body, path.encode() + b" " + body)
    if b"\r\n\r\n" in reply.head or not reply.head.endswith(b"\r\n"):
        found.wrong.append(("a header that ends the head", path.encode() + b" " + body))


def _code(head: bytes) -> int:
    return int(head.split(b" ", 2)[1])


class Wire(asyncio.Transport):
    """Keeps what was written; nothing is ever slow."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    @override
    def write_eof(self) -> None: ...

    @override
    def can_write_eof(self) -> bool:
        return True

    @override
    def is_closing(self) -> bool:
        return self.closed

    @override
    def close(self) -> None:
        self.closed = True

    abort = close

    @override
    def pause_reading(self) -> None: ...

    @override
    def resume_reading(self) -> None: ...


async def _raw(app: App, data: bytes, draw: random.Random, found: Found) -> None:
    """In pieces, as packets come; then the client says that this was all."""
    wire, state = Wire(), ServerState()
    protocol = HttpProtocol(cast("uvicorn.Config", _Config(app)), state, {})
    protocol.connection_made(wire)
    try:
        rest = data
        while rest and not wire.closed:
            cut = draw.choice((1, 7, 100, len(rest)))
            protocol.data_received(rest[:cut])
            rest = rest[cut:]
        protocol.eof_received()
        while protocol.busy:  # noqa: ASYNC110 - nobody tells that it has ended
            await asyncio.sleep(0)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        found.wrong.append((repr(error), data))
    finally:
        protocol.connection_lost(None)
    for code, body in _answers(bytes(wire.written), data, found):
        found.judge(code, body, data)


@dataclass
class _Config:
    """What the protocol reads of uvicorn's."""

    app: App
    timeout_keep_alive: int = 65


def _answers(written: bytes, data: bytes, found: Found) -> Iterator[tuple[int, bytes]]:
    """Each whole answer; for HEAD a body may be missing, which ends the reading."""
    while written:
        head, end, rest = written.partition(b"\r\n\r\n")
        if not end or not head.startswith(b"HTTP/1.1 "):
            if b"HEAD" not in data:
                found.wrong.append((f"no HTTP: {written[:100]!r}", data))
            return
        code, length = _code(head), _length(head)
        if code != 100 and len(rest) >= length:  # noqa: PLR2004 - Continue is no answer
            yield code, rest[:length]
        written = rest[length:]


def _length(head: bytes) -> int:
    _, named, rest = head.partition(b"content-length: ")
    return int(rest.split(b"\r\n", 1)[0]) if named else 0


@contextmanager
def serving() -> Iterator[App]:
    """The runtime's application with a model that takes named columns."""
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder))
        told = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=unit("three"))
        settings = Settings(told, root=Path(folder), max_body_bytes=MAX_BODY)
        metrics, lifecycle = Metrics(told), Lifecycle(0)
        api = SeldonApi(told, metrics)
        api.predictor = load_predictor(settings, metrics)
        lifecycle.loaded()
        yield main_app(settings, api, lifecycle, metrics)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    logging.getLogger("sdep.runtime").setLevel(logging.CRITICAL)
    tenth = max(1, asked.count // 10)
    found, memory = Found(), []
    with serving() as app:
        for part in range(10):
            some = asyncio.run(fuzz(app, tenth, asked.seed + part))
            found.codes += some.codes
            found.wrong += some.wrong
            memory.append(Tree(os.getpid()).memory_bytes())
            sys.stdout.write(f"{tenth * (part + 1)} requests, seed {asked.seed + part}, {_line(found, memory[-1])}\n")
            sys.stdout.flush()
    for answer, data in found.wrong[:_SHOWN]:
        sys.stdout.write(f"{answer}\n    to {data!r}\n")
    return 1 if found.wrong else 0


def _line(found: Found, memory: float) -> str:
    codes = ", ".join(f"{code}: {count}" for code, count in sorted(found.codes.items()))
    return f"{len(found.wrong)} wrong, answers {codes}, {memory / 1024 / 1024:.1f} MiB"


if __name__ == "__main__":
    sys.exit(main())
