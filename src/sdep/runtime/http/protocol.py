"""HTTP/1.1 on one connection: from bytes to whole requests, and from replies to bytes, in order.

uvicorn listens and ends; this stands in the place of its own protocols, whose events cost more than a small model does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, cast

import httptools
from typing_extensions import override

from sdep.runtime.errors import BadDataError, HeadTooLargeError, TooLargeError
from sdep.runtime.http.date import DATE
from sdep.runtime.http.request import Request
from sdep.runtime.http.target import split_target, without_offer

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

    from sdep.runtime.errors import ServingError
    from sdep.runtime.http.app import App
    from sdep.runtime.http.response import Reply

MAX_HEAD = 64 * 1024
"""Bytes of a request line with its headers; the usual proxies pass on less."""
MAX_WAITING = 16
"""Pipelined requests beyond these stay unread until answers have left."""
LINGER_SECONDS = 5
"""How long a client that was refused may go on sending what nobody reads, so that it gets to read the answer."""
ONE_WRITE = 64 * 1024
"""A body up to this goes out together with its head."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class HttpProtocol(asyncio.Protocol):
    """Made by uvicorn for each connection. `config.app` is the `App` of the port.

    One request at a time is worked on; those that a client sends ahead wait in order. No request waits for a timer: one
    look per `timeout_keep_alive` ends what was idle that long, a request that never came to its end as well.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # noqa: ARG002 - ASGI's, which is not spoken here
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app = cast("App", config.app)
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._idle_seconds = config.timeout_keep_alive
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._refusal: ServingError | None = None  # answered once what came before is
        self._last = False  # nothing more is read: the answer that is due ends the connection
        self._ending = False  # the request that is arriving is the last one
        self._paused = False
        self._full = False  # the client does not read its answers
        self._overhead = 0  # bytes since the last that belonged to a body or ended a head
        self._clear()

    @property
    def busy(self) -> bool:
        """Whether an answer is due."""
        return self._task is not None or bool(self._waiting)

    # The transport's side

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own protocols
        self._active = self._loop.time()
        self._look = self._loop.call_later(self._idle_seconds, self._end_if_idle)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self._look.cancel()
        self._waiting.clear()
        self._last = True

    @override
    def data_received(self, data: bytes) -> None:
        self._active = self._loop.time()
        if self._last:
            return
        self._overhead += len(data)
        self._feed(data)
        if self._overhead > MAX_HEAD and not self._last:
            self._refuse(_head_too_large())

    @override
    def eof_received(self) -> bool:
        """A client may close its side and wait for what it asked."""
        if not self.busy:
            return False
        self._last = True
        return self._transport.get_extra_info("sslcontext") is None

    @override
    def pause_writing(self) -> None:
        self._full = True
        self._hold()

    @override
    def resume_writing(self) -> None:
        self._full = False
        self._next()

    def shutdown(self) -> None:
        """Uvicorn's word that the server ends: what was asked is answered, or is being asked now, and nothing after it."""
        if self._in_body or self._overhead:
            self._ending = True
            return
        if not self.busy:
            self._transport.close()
        self._last = True

    # The parser's side

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, _Enough):
                self._refuse(BadDataError(f"the request is not HTTP/1.1: {error.__context__}"))
        except httptools.HttpParserError as error:
            self._refuse(BadDataError(f"the request is not HTTP/1.1: {error}"))

    def _stay(self, rest: bytes) -> None:
        """Take an offer to go on in another protocol as if it had not been made: the parser takes no body after one."""
        if self._parser.get_method() == b"CONNECT":
            self._last = True
            self._put(None)
            return
        head = without_offer(self._parser.get_method(), self._target, self._fields)
        self._parser = httptools.HttpRequestParser(self)
        self._feed(head + rest)

    def on_message_begin(self) -> None:
        self._clear()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:  # later ones are a chunked body's trailers
            self._fields[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self._overhead > MAX_HEAD and self._written_head() > MAX_HEAD:
            self._refuse(_head_too_large())
            raise _Enough
        if self._parser.should_upgrade():
            return
        self._in_body = True
        self._overhead = 0
        if int(self._fields.get(b"content-length", 0)) > self._app.max_body:
            self._too_large()
        expected = self._fields.get(b"expect")
        if expected is not None and expected.lower() == b"100-continue" and self._parser.get_http_version() == "1.1":
            self._continue = True
            self._say_continue()

    def on_body(self, body: bytes) -> None:
        self._overhead = 0
        self._size += len(body)
        if self._size > self._app.max_body:
            self._too_large()
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return
        self._overhead = 0
        self._continue = False
        self._in_body = False
        self._put(None)

    def _clear(self) -> None:
        self._target = b""
        self._fields: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._in_body = False
        self._continue = False

    def _written_head(self) -> int:
        return len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._fields.items())

    def _say_continue(self) -> None:
        """Only once all earlier answers are written: a client takes it for the first line of the next one."""
        if self._continue and self._task is None and not self._size and not self._waiting and not self._last:
            self._continue = False
            self._transport.write(_CONTINUE)

    def _too_large(self) -> None:
        self._put(TooLargeError(f"the request body is larger than {self._app.max_body} bytes"))
        self._last = True
        raise _Enough

    # Requests and their answers

    def _put(self, refusal: ServingError | None) -> None:
        """Take what was parsed as the next request."""
        parser = self._parser
        path, query = split_target(self._target)
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        request = Request(parser.get_method().decode(), path, query, self._fields, body, refusal)
        keep = parser.should_keep_alive() and parser.get_http_version() == "1.1"
        if not keep or self._ending:
            self._last = True
        if self._task is None and not self._full and not self._waiting:
            self._begin(request, keep=keep)
            return
        self._waiting.append((request, keep))
        if len(self._waiting) >= MAX_WAITING:
            self._hold()

    def _refuse(self, error: ServingError) -> None:
        """What cannot be read is answered too, after everything that could."""
        self._last = True
        if not self.busy:
            self._close_with(self._app.refuse(error))
        else:
            self._refusal = error

    def _begin(self, request: Request, *, keep: bool) -> None:
        self._task = self._loop.create_task(self._answer(request, keep=keep))

    async def _answer(self, request: Request, *, keep: bool) -> None:
        try:
            reply = await self._app(request)
        except BaseException:  # cancelled, as the server ends
            self._transport.abort()
            raise
        finally:
            self._task = None
        self._active = self._loop.time()
        if self._transport.is_closing():
            return
        if (
            (reply.close and not self._waiting)
            or not keep
            or (self._last and not self._waiting and self._refusal is None)
        ):
            self._waiting.clear()
            self._refusal = None
            self._close_with(reply, request)
            return
        self._write(reply, request, b"")
        self._next()

    def _next(self) -> None:
        """What is to be done after an answer, or when the client reads again."""
        if self._task is not None or self._full:
            return
        if self._waiting:
            request, keep = self._waiting.popleft()
            self._begin(request, keep=keep)
        elif self._refusal is not None:
            self._close_with(self._app.refuse(self._refusal))
        else:
            self._say_continue()
        if self._paused and len(self._waiting) < MAX_WAITING:
            self._paused = False
            self._transport.resume_reading()

    def _write(self, reply: Reply, request: Request | None, ending: bytes) -> None:
        head = b"%b%b%b\r\n" % (reply.head, DATE.line(self._state), ending)
        if request is not None and request.method == "HEAD":
            self._transport.write(head)
        elif len(reply.body) <= ONE_WRITE:
            self._transport.write(head + reply.body)
        else:
            self._transport.write(head)
            self._transport.write(reply.body)

    def _close_with(self, reply: Reply, request: Request | None = None) -> None:
        """Close once the answer has left. A client that still sends would lose it to the reset that unread bytes cause."""
        self._last = True
        self._write(reply, request, b"connection: close\r\n")
        if (request is None or not request.is_whole) and self._transport.can_write_eof():
            self._transport.write_eof()
            self._look.cancel()
            self._look = self._loop.call_later(LINGER_SECONDS, self._transport.abort)
        else:
            self._transport.close()

    def _hold(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _end_if_idle(self) -> None:
        """Idle is who neither sends nor waits for an answer."""
        left = self._active + self._idle_seconds - self._loop.time()
        if self._task is not None and not self._full:
            left = self._idle_seconds
        if left <= 0:
            self._transport.abort() if self._full else self._transport.close()
        else:
            self._look = self._loop.call_later(left, self._end_if_idle)


class _Enough(Exception):  # noqa: N818 - no error: what was read is all that will be
    """Ends the parser's work on a request that is refused."""


def _head_too_large() -> HeadTooLargeError:
    return HeadTooLargeError(f"the request's head is larger than {MAX_HEAD} bytes")
