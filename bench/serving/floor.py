"""`python -m bench.serving.floor PORT`: an answer that is made beforehand, from the runtime's own HTTP server."""

from __future__ import annotations

import asyncio
import sys

import uvicorn
import uvloop
from uvicorn.server import ServerState

from sdep.runtime.errors import ServingError
from sdep.runtime.http.protocol import HttpProtocol
from sdep.runtime.http.request import Request
from sdep.runtime.http.response import Reply, failure


class Empty:
    """In the place of the runtime's application: nothing is found, read, measured."""

    max_body = 1 << 26

    def __init__(self) -> None:
        body = b'{"data":{"names":[],"ndarray":[1.0]},"meta":{}}'
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % len(body)
        self._reply = Reply(head, body, close=False)

    async def __call__(self, _: Request) -> Reply:
        return self._reply

    def refuse(self, error: ServingError) -> Reply:
        response = failure(error)
        return Reply(
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: %d\r\n" % len(response.body), response.body, close=True
        )


async def _serve(port: int) -> None:
    config, state = uvicorn.Config(Empty(), timeout_keep_alive=65), ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpProtocol(config, state, {}), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
