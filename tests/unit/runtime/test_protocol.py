"""HTTP/1.1 as raw bytes on real connections, on the event loop that serves: what proxies, browsers and attackers send."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import h11
import pytest
import uvicorn
import uvloop
from uvicorn.server import ServerState

from sdep.contract import ServedPredictor, ServedUnit
from sdep.runtime.http.app import App
from sdep.runtime.http.protocol import MAX_HEAD, HttpProtocol
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import ANY, GET, POST, Route, Routes
from sdep.runtime.lifecycle import Lifecycle
from sdep.runtime.metrics import Metrics
from sdep.runtime.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdep.runtime.http.request import Request

MAX_BODY = 100_000
IDLE_SECONDS = 1
PATIENCE_SECONDS = 20


class Served:
    """A server in a thread, whose path /wait answers once `go` was called."""

    def __init__(self) -> None:
        told = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=ServedUnit(name="u"))
        settings = Settings(told, max_body_bytes=MAX_BODY)
        self.lifecycle = Lifecycle(1)
        self.app = App(settings, Routes(self._routes()), self.lifecycle, Metrics(told))
        self.state = ServerState()
        self.asked: list[str] = []
        self._clients: list[Connection] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=uvloop.run, args=(self._run(),))
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)

    def _routes(self) -> dict[str, Route]:
        return {
            "/echo": Route(POST, self._echo),
            "/wait": Route(ANY, self._wait),
            "/get": Route(GET, self._get),
            "/size": Route(ANY, self._size),
            "/any": Route(ANY, self._get),
        }

    async def _echo(self, request: Request) -> Response:
        return Response(request.body)

    async def _get(self, request: Request) -> Response:
        return Response(json.dumps({"path": request.path, "query": request.query.decode()}).encode())

    async def _size(self, request: Request) -> Response:
        return Response(b"x" * int(request.query))

    async def _wait(self, request: Request) -> Response:
        self.asked.append(request.query.decode())
        await self._gate.wait()
        return Response(b"waited")

    async def _run(self) -> None:
        self._loop, self._gate, self._end = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        config = uvicorn.Config(self.app, timeout_keep_alive=IDLE_SECONDS)
        server = await self._loop.create_server(lambda: HttpProtocol(config, self.state, {}), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._end.wait()

    def connect(self) -> Connection:
        made = Connection(self)
        self._clients.append(made)
        return made

    def go(self) -> None:
        self._loop.call_soon_threadsafe(self._gate.set)

    def shut_down(self) -> None:
        """As uvicorn does with each connection when the server ends."""
        for connection in list(self.state.connections):
            self._loop.call_soon_threadsafe(connection.shutdown)

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.go()
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE_SECONDS)


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.stop()


class Answer(NamedTuple):
    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def info(self) -> str:
        return str(json.loads(self.body)["status"]["info"])


class Connection:
    """What h11, another implementation, understands of the answers."""

    def __init__(self, served: Served) -> None:
        self._socket = socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE_SECONDS)
        self._reader = h11.Connection(h11.CLIENT)

    def send(self, data: bytes) -> Connection:
        self._socket.sendall(data)
        return self

    def half_close(self) -> Connection:
        self._socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self, method: str = "POST") -> Answer:
        """The next one; `method` is that of its request."""
        if self._reader.our_state is h11.IDLE:
            self._reader.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
            self._reader.send(h11.EndOfMessage())
        head, body = self._event(h11.Response), b""
        while not isinstance(event := self._event(h11.Data, h11.EndOfMessage), h11.EndOfMessage):
            body += event.data
        if self._reader.their_state is h11.DONE:
            self._reader.start_next_cycle()
        return Answer(head.status_code, {name.decode(): value.decode() for name, value in head.headers}, body)

    def goes_on(self) -> bool:
        """Whether the server asks for the body of a request that expects that."""
        self._reader.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("expect", "100-continue")]))
        self._reader.send(h11.EndOfMessage())
        return bool(self._event(h11.InformationalResponse, h11.Response).status_code == 100)

    def _event(self, *wanted: Any) -> Any:  # noqa: ANN401 - h11's own types
        while (event := self._reader.next_event()) is h11.NEED_DATA:
            self._reader.receive_data(self._socket.recv(65536))
        assert isinstance(event, wanted), event
        return event

    def closed(self) -> bool:
        """Whether the server ends the connection without another byte."""
        return self._socket.recv(1) == b""

    def reset(self) -> None:
        """End without the politeness of a closing half: nobody is there any more."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def connection(served: Served) -> Connection:
    return served.connect()


def _post(body: bytes, *headers: bytes, path: bytes = b"/echo") -> bytes:
    lines = [b"POST %b HTTP/1.1" % path, b"Host: x", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


GET_WAIT = b"GET /wait?%d HTTP/1.1\r\nHost: x\r\n\r\n"


def test_kept_alive(connection: Connection) -> None:
    """One connection carries one request after another, each with its own answer."""
    assert [connection.send(_post(b"%d" % number)).answer().body for number in range(3)] == [b"0", b"1", b"2"]


def test_byte_by_byte(connection: Connection) -> None:
    """However a request is cut into packets, it is one request."""
    for byte in _post(b"abc"):
        connection.send(bytes([byte]))

    assert connection.answer().body == b"abc"


def test_pipelined(connection: Connection) -> None:
    """Requests sent ahead are answered in order, and more of them than wait at once are none lost."""
    numbers = [b"%d" % number for number in range(200)]
    connection.send(b"".join(map(_post, numbers)))

    assert [connection.answer().body for _ in numbers] == numbers


def test_pipelined_behind_a_slow_one(served: Served, connection: Connection) -> None:
    """The second request of a connection is begun when the first is answered, and not before."""
    connection.send(GET_WAIT % 1 + GET_WAIT % 2 + _post(b"z"))
    _until(lambda: served.asked == ["1"])
    assert len(served.asked) == 1
    served.go()

    assert [connection.answer().body for _ in range(3)] == [b"waited", b"waited", b"z"]
    assert served.asked == ["1", "2"]


def test_chunked(connection: Connection) -> None:
    """A chunked body is put together; what stands behind it, trailers, are no headers of the request."""
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.send(head + b"3\r\nabc\r\n2;name=value\r\nde\r\n0\r\nSeldon-Puid: late\r\n\r\n")
    answer = connection.answer()

    assert answer.body == b"abcde"
    assert answer.headers["seldon-puid"] != "late"


def test_expect_continue(connection: Connection) -> None:
    """A client that asks first is told to go on, and one whose body is too large is not."""
    connection.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert connection.goes_on()
    connection.send(b"abc")
    assert connection.answer().body == b"abc"
    connection.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\nExpect: 100-continue\r\n\r\n")

    assert connection.answer().code == 413


def test_expect_continue_behind_another(served: Served, connection: Connection) -> None:
    """It is told to go on only after the answer before: the first status line that comes belongs to that."""
    connection.send(GET_WAIT % 1)
    connection.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    _until(lambda: served.asked == ["1"])
    served.go()

    assert connection.answer("GET").body == b"waited"
    assert connection.goes_on()
    assert connection.send(b"abc").answer().body == b"abc"


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "streamed"])
def test_body_limit(connection: Connection, announced: bool) -> None:  # noqa: FBT001 - a parameter
    """A body over the limit is refused with 413, which arrives although the client goes on sending, and is the last."""
    length = b"Content-Length: 5000000" if announced else b"Transfer-Encoding: chunked"
    connection.send(b"POST /echo HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % length)
    for _ in range(50):
        connection.send(b"186a0\r\n" * (not announced) + b"x" * 100_000 + b"\r\n" * (not announced))
    answer = connection.answer()

    assert (answer.code, answer.info) == (413, "the request body is larger than 100000 bytes")
    assert answer.headers["connection"] == "close"
    assert connection.half_close().closed()


def test_body_at_the_limit(connection: Connection) -> None:
    """The largest body that is allowed is taken."""
    assert len(connection.send(_post(b"x" * MAX_BODY)).answer().body) == MAX_BODY


@pytest.mark.parametrize("length", [MAX_HEAD, 20 * MAX_HEAD], ids=["just over", "endless"])
@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["whole", "unfinished"])
def test_head_limit(connection: Connection, length: int, end: bytes) -> None:
    """Headers without end are refused before they fill the memory."""
    connection.send(b"GET /get HTTP/1.1\r\nHost: x\r\nA: " + b"a" * length + end)
    answer = connection.answer("GET")

    assert (answer.code, answer.headers["connection"]) == (431, "close")


def test_long_trailers(connection: Connection) -> None:
    """Trailers without end are refused as headers are."""
    connection.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: ")
    for _ in range(5):
        connection.send(b"a" * MAX_HEAD)

    assert connection.answer().code == 431


MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another version": b"GET /get HTTP/3.7\r\nHost: x\r\n\r\n",
    "an unknown method": b"BREW /get HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in a name": b"GET /get HTTP/1.1\r\nHo st: x\r\n\r\n",
    "a bare line feed in a value": b"GET /get HTTP/1.1\r\nHost: x\r\nA: b\nC\r\n\r\n",
    "a zero byte": b"GET /get HTTP/1.1\r\nHost: \x00\r\n\r\n",
    "no length": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    "a negative length": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a huge length": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "two lengths": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks that are not the last coding": b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    "a chunk size that is none": b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed(connection: Connection, data: bytes) -> None:
    """What is not HTTP/1.1 gets 400 with v1's status object, and the connection ends."""
    answer = connection.send(data).answer()

    assert (answer.code, answer.headers["connection"]) == (400, "close")
    assert answer.info.startswith("the request is not HTTP/1.1: ")
    assert connection.half_close().closed()


def test_malformed_behind_a_slow_one(served: Served, connection: Connection) -> None:
    """Requests before what cannot be read are answered first."""
    connection.send(GET_WAIT % 1 + GET_WAIT % 2 + b"nonsense\r\n\r\n")
    _until(lambda: served.asked == ["1"])
    served.go()

    assert [connection.answer().code for _ in range(3)] == [200, 200, 400]


def test_head(connection: Connection) -> None:
    """HEAD gets the headers of GET, with the length that GET's body has, and no body."""
    connection.send(b"HEAD /get HTTP/1.1\r\nHost: x\r\n\r\n" + _post(b"next"))
    answer = connection.answer("HEAD")

    assert (answer.code, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len('{"path": "/get", "query": ""}')
    assert connection.answer().body == b"next"


@pytest.mark.parametrize(
    "request_", [b"GET /get HTTP/1.0\r\n\r\n", b"GET /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]
)
def test_close_asked_for(connection: Connection, request_: bytes) -> None:
    """HTTP/1.0 and `Connection: close` get an answer that says so, and the end."""
    answer = connection.send(request_).answer("GET")

    assert (answer.code, answer.headers["connection"]) == (200, "close")
    assert connection.closed()


def test_half_closed(served: Served, connection: Connection) -> None:
    """A client that has said all it will gets its answer, however long that takes."""
    connection.send(GET_WAIT % 1 + GET_WAIT % 2).half_close()
    _until(lambda: served.asked == ["1"])
    served.go()

    assert [connection.answer("GET").body for _ in range(2)] == [b"waited", b"waited"]
    assert connection.closed()


def test_gone(served: Served, connection: Connection) -> None:
    """A client that went away is forgotten, and its request ends without harm."""
    connection.send(GET_WAIT % 1)
    _until(lambda: served.asked == ["1"])
    connection.reset()
    _until(lambda: not served.state.connections)
    served.go()

    assert served.connect().send(_post(b"others")).answer().body == b"others"


@pytest.mark.parametrize("said", [b"", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", _post(b"a")])
def test_idle(connection: Connection, said: bytes) -> None:
    """A connection on which nothing comes is closed: one without a request, in the midst of one, and after one."""
    connection.send(said)
    if said.endswith(b"\r\na"):
        connection.answer()

    assert connection.closed()


def test_a_long_answer_is_not_idle(served: Served, connection: Connection) -> None:
    """Who waits for an answer is not idle, however long it takes."""
    connection.send(GET_WAIT % 1)
    with pytest.raises(TimeoutError):
        _silent_for(connection, 2 * IDLE_SECONDS + 1)
    served.go()

    assert connection.answer("GET").body == b"waited"


def test_slow_reader(served: Served, connection: Connection) -> None:
    """A client that does not read is not worked for beyond what buffers hold, and in the end is given up."""
    connection.send(b"GET /size?2000000 HTTP/1.1\r\nHost: x\r\n\r\n" * 10 + GET_WAIT % 1)

    _until(lambda: not served.state.connections)
    assert served.asked == []


def test_slow_reader_gets_all(connection: Connection) -> None:
    """A client that reads late gets every answer whole."""
    connection.send(b"GET /size?2000000 HTTP/1.1\r\nHost: x\r\n\r\n" * 10)

    assert [len(connection.answer("GET").body) for _ in range(10)] == [2_000_000] * 10


def test_upgrades_are_ignored(connection: Connection) -> None:
    """Who offers to go on in HTTP/2 or WebSocket, as Java's client does, is answered in HTTP/1.1, again and again."""
    offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
    websocket = b"GET /get HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    connection.send(_post(b"one", *offer) + _post(b"two", *offer) + websocket + _post(b"three"))

    assert [connection.answer().body for _ in range(2)] == [b"one", b"two"]
    assert connection.answer("GET").code == 200
    assert connection.answer().body == b"three"


def test_targets(served: Served, connection: Connection) -> None:
    """Paths may be escaped, and the target a whole address, as proxies are sent it; `*` and CONNECT lead nowhere."""
    for target in (b"/g%65t?a=b", b"http://other/get?a=b", b"/get?a=b#c"):
        answer = connection.send(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % target).answer("GET")
        assert json.loads(answer.body) == {"path": "/get", "query": "a=b"}
    codes = [
        served.connect().send(b"%b HTTP/1.1\r\nHost: x\r\n\r\n" % line).answer("GET").code
        for line in (b"OPTIONS *", b"GET /%ff%00", b"CONNECT other:80")
    ]

    assert codes == [404, 404, 404]


def test_no_header_from_a_path(connection: Connection) -> None:
    """A line end in a path becomes no header of the CloudEvents answer."""
    connection.send(b"GET /any%0d%0aa:%20b HTTP/1.1\r\nHost: x\r\nCe-Specversion: 1.0\r\n\r\n")
    answer = connection.answer("GET")

    assert "a" not in answer.headers
    assert answer.headers["ce-path"] == "/any??a: b"


def test_end(served: Served, connection: Connection) -> None:
    """When the server ends idle connections close, and what was asked is still answered, with the word that it is the last."""
    idle = served.connect()
    assert idle.send(_post(b"x")).answer().body == b"x"
    connection.send(GET_WAIT % 1 + _post(b"behind"))
    _until(lambda: served.asked == ["1"])
    served.shut_down()
    assert idle.closed()
    served.go()

    assert connection.answer("GET").body == b"waited"
    last = connection.answer()
    assert (last.body, last.headers["connection"]) == (b"behind", "close")
    assert connection.closed()


def _until(condition: Any) -> None:  # noqa: ANN401 - a function without arguments
    ended = threading.Event()
    for _ in range(PATIENCE_SECONDS * 100):
        if condition():
            return
        ended.wait(0.01)
    raise AssertionError("not within the time")


def _silent_for(connection: Connection, seconds: float) -> None:
    connection._socket.settimeout(seconds)
    try:
        assert connection.closed()
    finally:
        connection._socket.settimeout(PATIENCE_SECONDS)
