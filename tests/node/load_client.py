"""Sends predictions at a steady pace, whatever the answers do, and writes one line of JSON for each.

    python load_client.py GATEWAY PATH BODY REQUESTS_A_SECOND FILE

It runs as a process of its own until SIGTERM, so that what a test does beside it does not change its pace.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TextIO

import aiohttp

CONNECTIONS = 64
"""A request that finds them all in use waits for one; how late it was sent is in its line."""
PATIENCE_SECONDS = 30
KEPT_OF_A_FAILURE = 300


async def main(gateway: str, path: str, body: str, pace: float, file: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS), timeout=timeout) as session:
        with file.open("w", buffering=1) as out:
            free = asyncio.Semaphore(CONNECTIONS)
            await _paced(
                stop, pace, lambda: _in_turn(free, lambda due: _ask(session, f"http://{gateway}{path}", body, due, out))
            )


async def _paced(stop: asyncio.Event, pace: float, ask: Callable[[], Coroutine[None, None, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        began, sent = time.time(), 0
        while not stop.is_set():
            due = int((time.time() - began) * pace)
            for _ in range(sent, due):
                group.create_task(ask())
            sent = due
            await asyncio.sleep(1 / pace)


async def _in_turn(free: asyncio.Semaphore, ask: Callable[[float], Coroutine[None, None, None]]) -> None:
    due = time.time()
    async with free:
        await ask(due)


async def _ask(session: aiohttp.ClientSession, url: str, body: str, due: float, out: TextIO) -> None:
    sent = time.time()
    by, failure = "", ""
    try:
        async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
            status, said = answer.status, await answer.text()
            by = answer.headers.get("x-answered-by", "").rpartition(":")[0]
            failure = "" if status == 200 else said[:KEPT_OF_A_FAILURE]
            models = list(json.loads(said)["meta"].get("requestPath", {}).values()) if status == 200 else []
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        status, models, failure = 0, [], f"{type(error).__name__}: {error}"
    line = {
        "due": due,
        "sent": sent,
        "came": time.time(),
        "status": status,
        "by": by,
        "models": models,
        "failure": failure,
    }
    out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), Path(sys.argv[5])))
