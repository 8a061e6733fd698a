"""What the fuzzer starts from: a right request for each parser, and words that parsers stumble over."""

from __future__ import annotations

import json
from typing import Any

_JSON, _FORM = b"application/json", b"application/x-www-form-urlencoded"
_MULTIPART = b"multipart/form-data; boundary=B"


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


_MESSAGES: list[dict[str, Any]] = [
    {"data": {"names": ["f0", "f1", "f2"], "ndarray": [[1.5, 2, 3], [4, 5, 6]]}},
    {"data": {"ndarray": [[1, 2, None]]}, "meta": {"puid": "p", "tags": {"a": [1]}, "routing": {"r": 1}}},
    {"data": {"tensor": {"shape": [1, 3], "values": [1.0, "NaN", 3]}}},
    {"data": {"tftensor": {"dtype": "DT_DOUBLE", "tensorShape": {"dim": [{"size": 3}]}, "doubleVal": [1, 2, 3]}}},
    {"jsonData": {"columns": ["f0", "f1", "f2"], "data": [[1, 2, 3]]}},
    {"jsonData": [{"f0": 1, "f1": 2, "f2": 3}]},
    {"strData": "text"},
    {"binData": "AAEC"},
    {"data": {"ndarray": [["a", 1, True]]}, "meta": {"metrics": [{"key": "k", "type": "COUNTER", "value": 1}]}},
]
_FEEDBACK = {"request": _MESSAGES[0], "response": {"meta": {"routing": {"r": 0}}}, "reward": 0.5, "truth": _MESSAGES[2]}
_V2 = {
    "id": "x",
    "inputs": [
        {"name": "x", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3], "parameters": {"content_type": "np"}}
    ],
    "outputs": [{"name": "y"}],
}
_TABLES = [
    {"dataframe_split": {"columns": ["f0", "f1", "f2"], "data": [[1, 2, 3]], "index": [0]}},
    {"dataframe_records": [{"f0": 1, "f1": 2, "f2": 3}]},
    {"instances": [[1, 2, 3]], "params": {"a": 1}},
    {"inputs": {"f0": [1], "f1": [2], "f2": [3]}},
]
_PREDICT = ("/api/v1.0/predictions", "/predict", "/transform-input", "/route")
_PARTS = b"".join(
    b'--B\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % part
    for part in (
        (b"data", b"", _json(_MESSAGES[0]["data"])),
        (b"binData", b'; filename="f"', b"\0\1"),
        (b"meta", b"", b"{}"),
    )
)

BODIES: list[tuple[str, bytes, bytes]] = [
    *((path, _JSON, _json(message)) for path in _PREDICT for message in _MESSAGES),
    *(("/api/v1.0/predictions", b"", b"json=" + _json(message)) for message in _MESSAGES),
    ("/api/v1.0/predictions", _FORM, b"json=%7B%22strData%22%3A%22x%22%7D&a=b"),
    ("/api/v1.0/predictions", _MULTIPART, _PARTS + b"--B--\r\n"),
    ("/api/v1.0/predictions", _MULTIPART, b'--B\r\nContent-Disposition: form-data; name="json"\r\n\r\n{}\r\n--B--\r\n'),
    ("/api/v1.0/feedback", _JSON, _json(_FEEDBACK)),
    ("/send-feedback", _JSON, _json(_FEEDBACK)),
    ("/aggregate", _JSON, _json({"seldonMessages": _MESSAGES[:2]})),
    ("/v2/models/three/infer", _JSON, _json(_V2)),
    *(("/invocations", _JSON, _json(each)) for each in _TABLES),
    ("/invocations", b"text/csv", b"f0,f1,f2\n1,2,3\n"),
    *(("/v1/models/three:predict", _JSON, _json(each)) for each in _TABLES[2:]),
]
"""Path, content type, body. A path that is not served is one more wrong request."""

_ONE = _json(_MESSAGES[0])
HEADS = [
    b"POST /api/v1.0/predictions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(_ONE), _ONE),
    b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n"
    b"%x;a=b\r\n%b\r\n0\r\nA: b\r\n\r\n" % (len(_ONE), _ONE),
    b"GET /live?a=b HTTP/1.1\r\nHost: x\r\n\r\nGET /api/v1.0/metadata/three HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b'POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n{"strData":"x"}',
    b"HEAD http://h/api/v1.0/metadata HTTP/1.0\r\nSeldon-Puid: p\r\nCe-Specversion: 1.0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
]

WORDS = [
    *(
        b"",
        b"null",
        b"true",
        b"0",
        b"-1",
        b"1e400",
        b"NaN",
        b"Infinity",
        b"9" * 30,
        b"0.1e-999",
        b"-0",
        b'""',
        b"[]",
        b"{}",
    ),
    *(b"[" * 2000, b'{"a":' * 1000, b"\\ud800", b"\\u0000", b"\xff\xfe", b"\xed\xa0\x80", b"%", b"%00", b"%0d%0aA:b"),
    *(
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"\0",
        b"\\",
        b'"',
        b",",
        b":",
        b"--B",
        b"--B--",
        b"A" * 70_000,
        b"chunked",
        b"gzip",
    ),
    *(b'"data"', b'"ndarray"', b'"tensor"', b'"shape":[-1]', b'"shape":[0]', b'"puid":1', b'"puid":"a\\r\\nb: c"'),
    *(b'"tags":[]', b'"metrics":5', b'"names":[1]', b'"names":"x"', b'"seldonMessages":{}', b'"datatype":"FP128"'),
    *(
        b"[1,2]",
        b"[[1,2],[3]]",
        b"[[[1]]]",
        b'[["a",1]]',
        b'[[{"a":1}]]',
        b"[[1e308,1e308,1e308]]",
        b"18446744073709551616",
    ),
]

NAMES = [
    *(
        "data",
        "ndarray",
        "tensor",
        "tftensor",
        "names",
        "shape",
        "values",
        "jsonData",
        "strData",
        "binData",
        "meta",
        "puid",
    ),
    *("tags", "routing", "metrics", "requestPath", "reward", "truth", "inputs", "parameters", "datatype", "params", ""),
]
VALUES: list[object] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        1e308,
        2**31,
        2**63,
        2**64 - 1,
        2**70,
        float("nan"),
        float("inf"),
        "",
        "x",
        "\ud800",
    ),
    *("p\r\nb: c", "\0", "NaN", "AAEC", "A" * 5000, "FP64", "BYTES", "\u2028", "\U0001f600"),
    *(
        [],
        {},
        [[]],
        [{}],
        [[], [1]],
        [1, 2],
        [[1, 2, 3]] * 1001,
        [["a", 1, None]],
        [[[1]]],
        [None],
        {"": None},
        {"a": {"b": []}},
    ),
    *(
        [0],
        [-1, 3],
        [2**40, 2**40],
        [10**9],
        ["1", 3],
        [True, 3],
        [1.5, 2],
        [[2**63]],
        [[1e308, 1e308, 1e308]],
        [[True, False, True]],
    ),
]
