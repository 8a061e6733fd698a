"""Compressed bodies and answers over HTTP: whoever sends them, within the bounds that hold for all."""

from __future__ import annotations

import gzip
import json
import subprocess
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from sdep.contract import ServedUnit
from sdep.runtime.http.coding import SMALLEST
from tests.unit.runtime.container import container
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.runtime.conftest import Answer, Client
    from tests.unit.runtime.program import Running

ROWS = json.dumps({"data": {"ndarray": [[1, 2, 3]]}}).encode()
LIMIT = 1_000_000
PATHS = {
    "/api/v1.0/predictions": {"data": {"ndarray": [[1, 2, 3]]}},
    "/predict": {"data": {"ndarray": [[1, 2, 3]]}},
    "/invocations": {"inputs": [[1, 2, 3]]},
    "/v1/models/regression:predict": {"instances": [[1, 2, 3]]},
    "/v2/models/infer": {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]}]},
}


def _raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


async def _send(client: Client, body: bytes, coding: str, path: str = "/api/v1.0/predictions") -> Answer:
    return await client.send("POST", path, body, content_encoding=coding, content_type="application/json")


@pytest.mark.parametrize("path", PATHS)
async def test_every_protocol(regression: Client, path: str) -> None:
    """A compressed body is answered as the plain one is."""
    body = json.dumps(PATHS[path]).encode()

    plain = await regression.send("POST", path, body, content_type="application/json")
    assert (await _send(regression, gzip.compress(body), "gzip", path)).body == plain.body
    assert plain.code == 200


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        *(("gzip", gzip.compress(ROWS)), ("X-GZIP", gzip.compress(ROWS)), ("identity", ROWS)),
        *(("deflate", zlib.compress(ROWS)), ("deflate", _raw(ROWS))),
    ],
)
async def test_codings(regression: Client, coding: str, body: bytes) -> None:
    """Gzip; deflate by its definition, and as some clients understand it."""
    assert (await _send(regression, body, coding)).json["data"]["ndarray"] == [pytest.approx(18)]


@pytest.mark.parametrize(
    ("coding", "body", "code", "word"),
    [
        ("br", ROWS, 415, "Content-Encoding 'br'"),
        ("gzip", ROWS, 400, "is no gzip"),
        ("deflate", ROWS, 400, "is no deflate"),
        ("gzip", gzip.compress(ROWS)[:-9], 400, "ends too early"),
        ("gzip", gzip.compress(ROWS) + b"x", 400, "goes on after its end"),
        ("gzip", gzip.compress(b" " * (LIMIT + 1)), 413, f"larger than {LIMIT} bytes once it is decompressed"),
        ("deflate", zlib.compress(b" " * 1000 * LIMIT), 413, "larger than"),
    ],
    ids=["unknown", "no-gzip", "no-deflate", "cut", "more", "one-too-many", "bomb"],
)
async def test_refusals(serve: Callable[..., Client], coding: str, body: bytes, code: int, word: str) -> None:
    """A sentence for each; a bomb costs no more memory than a body of the size that is allowed."""
    client = serve(ServedUnit(name="echo", implementation="SIMPLE_MODEL"), max_body_bytes=LIMIT)
    tracemalloc.start()
    answer = await _send(client, body, coding)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer.code == code
    assert word in answer.json["status"]["info"]
    assert peak < 4 * LIMIT
    assert (code == 415) == ("accept-encoding" in answer.headers)


async def test_the_limit_itself_is_allowed(serve: Callable[..., Client]) -> None:
    """Exactly as many bytes as a plain body may have."""
    client = serve(ServedUnit(name="echo", implementation="SIMPLE_MODEL"), max_body_bytes=LIMIT)
    body = ROWS + b" " * (LIMIT - len(ROWS))

    assert (await _send(client, gzip.compress(body), "gzip")).code == 200


async def test_containers_are_told_of_no_coding(serve: Callable[..., Client]) -> None:
    """What they get is not compressed, and no header says that it is."""
    with container() as unit:
        unit.answers["/predict"] = lambda _: {"data": {"ndarray": [[1]]}}
        told = {"name": "m", "host": "127.0.0.1", "http_port": unit.port}
        await _send(serve(ServedUnit.model_validate(told)), gzip.compress(ROWS), "gzip")

    assert unit.asked[0].body["data"] == {"ndarray": [[1, 2, 3]]}
    assert "content-encoding" not in unit.asked[0].headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        *(("gzip", "gzip"), ("deflate, gzip;q=1.0, *;q=0.5", "gzip"), ("deflate", "deflate"), ("*", "gzip")),
        *(("br", ""), ("", ""), ("gzip;q=0", ""), ("gzip; q=0.0, deflate", "deflate"), ("identity", "")),
    ],
)
async def test_large_answers(regression: Client, accepted: str, coding: str) -> None:
    """In the coding that the client prefers of those that there are, and what is between is told that they differ."""
    body = json.dumps({"data": {"ndarray": [[1, 2, 3]] * 10_000}}).encode()
    plain = await regression.send("POST", "/api/v1.0/predictions", body)
    answer = await regression.send("POST", "/api/v1.0/predictions", body, accept_encoding=accepted)

    assert answer.headers.get("content-encoding", "") == coding
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["content-length"] == str(len(answer.body))
    unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(coding, bytes)
    assert unpack(answer.body) == plain.body
    assert not coding or len(answer.body) < len(plain.body) / 10


async def test_small_answers_stay_plain(serve: Callable[..., Client]) -> None:
    """One byte below the bound."""
    client = serve(ServedUnit(name="echo", implementation="SIMPLE_MODEL"))

    async def sent(letters: int) -> Answer:
        body = json.dumps({"strData": "x" * letters}).encode()
        return await client.send("POST", "/api/v1.0/predictions", body, accept_encoding="gzip")

    around = len((await sent(0)).body)
    small, large = await sent(SMALLEST - around - 1), await sent(SMALLEST - around)
    assert "content-encoding" not in small.headers
    assert large.headers["content-encoding"] == "gzip"


@pytest.fixture(scope="module")
def echo(root: Path) -> Iterator[Running]:
    with running(root, ServedUnit(name="echo", implementation="SIMPLE_MODEL")) as found:
        yield found


TRITON = """
import sys
import numpy as np
import tritonclient.http as http

client = http.InferenceServerClient(f"127.0.0.1:{sys.argv[1]}")
array = np.arange(20000, dtype=np.int64).reshape(-1, 2)
for coding in ("gzip", "deflate"):
    for binary in (True, False):
        asked = http.InferInput("x", list(array.shape), "INT64")
        asked.set_data_from_numpy(array, binary_data=binary)
        answer = client.infer(
            "echo", [asked], outputs=[http.InferRequestedOutput("output-1", binary_data=binary)],
            request_compression_algorithm=coding, response_compression_algorithm=coding,
        )
        assert (answer.as_numpy("output-1") == array).all()
        print(coding, binary)
"""


def test_tritons_client(echo: Running, peers_python: Path) -> None:
    """NVIDIA's client compresses what it sends and reads what comes back, with binary tensors and without."""
    done = subprocess.run(
        [str(peers_python), "-c", TRITON, str(echo.port)], capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines() == ["gzip True", "gzip False", "deflate True", "deflate False"]
