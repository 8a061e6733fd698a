"""Classes written for v1's wrapper, under the published wrapper and under ours: the same requests, the same answers."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.runtime.class_servers import HERE, Microservice, ours
from tests.unit.runtime.program import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Pair = tuple[Microservice, Microservice]

PARAMETERS = [
    {"name": "factor", "value": "3", "type": "INT"},
    {"name": "label", "value": "a b", "type": "STRING"},
    {"name": "flag", "value": "true", "type": "BOOL"},
]
TOLD = {
    "PREDICTIVE_UNIT_ID": "unit",
    "PREDICTIVE_UNIT_IMAGE": "registry.example/models/unit:2",
    "PREDICTOR_ID": "main",
    "PREDICTOR_LABELS": '{"version":"v3"}',
    "SELDON_DEPLOYMENT_ID": "prices",
}
ROWS = {"data": {"names": ["a", "b"], "ndarray": [[1, 2.5], [3, 4]]}}
TENSOR = {"data": {"tensor": {"shape": [1, 2], "values": [1, 2]}}}
META = {"puid": "p1", "tags": {"sent": 1, "mine": "lost"}, "requestPath": {"before": "x:1"}, "routing": {"r": 1}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    shutil.copy(HERE / "classes_of_users.py", folder / "users.py")
    return folder


@pytest.fixture(scope="module")
def pairs(folder: Path, seldon_client_python: Path) -> Iterator[dict[str, Pair]]:
    """The published wrapper and ours, for each class."""
    given = {"Whole": {"PREDICTIVE_UNIT_PARAMETERS": json.dumps(PARAMETERS)}, "Bare": {}, "Raw": {}}
    started = {
        name: tuple(
            Microservice(python, f"users.{name}", folder, **TOLD, **extra) for python in (seldon_client_python, ours())
        )
        for name, extra in given.items()
    }
    try:
        for pair in started.values():
            for one in pair:
                one.await_ready()
        yield started
    finally:
        for pair in started.values():
            for one in pair:
                one.stop()


def form(fields: dict[str, str]) -> tuple[bytes, str]:
    parts = "".join(
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    return f"{parts}--xyz--\r\n".encode(), "multipart/form-data; boundary=xyz"


def urlencoded(body: object) -> tuple[bytes, str]:
    return urlencode({"json": json.dumps(body)}).encode(), "application/x-www-form-urlencoded"


def asking(word: str) -> dict[str, Any]:
    return {"jsonData": {"return": word}}


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("Whole", "/predict", ROWS),
        ("Whole", "/predict", {**ROWS, "meta": META}),
        ("Whole", "/api/v1.0/predictions", TENSOR),
        ("Whole", "/api/v0.1/predictions", {"data": {"names": ["a"]}}),
        ("Whole", "/predict", {"data": {"ndarray": [["a", 1], ["b", None]]}}),
        ("Whole", "/predict", {"data": {"ndarray": [["a", 1]]}}),
        ("Whole", "/predict", {"data": {"ndarray": [1, 2]}}),
        ("Whole", "/predict", {"strData": "hi"}),
        ("Whole", "/predict", {"binData": "AAE="}),
        ("Whole", "/predict", {"jsonData": [1, {"a": 2}]}),
        ("Whole", "/predict", {"jsonData": {"tell": "else"}, "meta": META}),
        *(("Whole", "/predict", asking(word)) for word in ("list", "mixed", "text", "bytes", "dict", "floats")),
        *(("Whole", "/predict", asking(word)) for word in ("integers", "booleans", "words", "one axis", "no axis")),
        ("Whole", "/predict", urlencoded(ROWS)),
        ("Whole", "/predict", form({"data": json.dumps(ROWS["data"]), "meta": json.dumps(META)})),
        ("Whole", "/predict", form({"strData": "plain text"})),
        ("Whole", "/predict?json=" + quote(json.dumps(ROWS)), None),
        ("Whole", "/transform-input", {**TENSOR, "meta": META}),
        ("Whole", "/transform-output", ROWS),
        ("Whole", "/route", ROWS),
        ("Whole", "/route", {**TENSOR, "meta": META}),
        ("Whole", "/aggregate", [ROWS, {**ROWS, "meta": META}]),
        ("Whole", "/aggregate", {"seldonMessages": [TENSOR, TENSOR]}),
        ("Whole", "/metadata", None),
        ("Whole", "/api/v1.0/metadata", None),
        ("Bare", "/predict", ROWS),
        ("Bare", "/predict", {"strData": "x"}),
        ("Bare", "/transform-input", {"strData": "same"}),
        ("Bare", "/transform-output", {"binData": "AAE="}),
        ("Bare", "/metadata", None),
        ("Bare", "/health/status", None),
        ("Raw", "/predict", ROWS),
        ("Raw", "/predict", {"strData": "usual"}),
        ("Raw", "/predict", {"strData": "teapot"}),
        ("Raw", "/aggregate", [ROWS, ROWS]),
        ("Raw", "/send-feedback", {"reward": 0.5}),
        ("Raw", "/health/status", None),
    ],
)
def test_answers_are_those_of_the_published_wrapper(pairs: dict[str, Pair], name: str, path: str, body: object) -> None:
    """Status and body, whatever way the request is written and whatever the class returns."""
    theirs, ours = (_asked(one, path, body) for one in pairs[name])

    assert ours == theirs


def _asked(one: Microservice, path: str, body: object) -> tuple[int, Any]:
    if body is None:
        return one.get(path)
    return one.post(path, *(body if isinstance(body, tuple) else (body,)))


@pytest.mark.parametrize(
    ("feedback", "ndarray"),
    [
        ({"reward": 0.5, "request": ROWS, "truth": {"data": {"ndarray": [7]}}}, [[0.5, -1, 10.5, 7]]),
        (
            {"reward": 1, "request": {**ROWS, "meta": META}, "response": {"meta": {"routing": {"unit": 1}}}},
            [[1, 1, 10.5, 0]],
        ),
    ],
)
def test_feedback_says_the_same(pairs: dict[str, Pair], feedback: object, ndarray: object) -> None:
    """Only the spelling differs: v1 writes this one answer as protobuf does, without what is empty or a default."""
    theirs, ours = (one.post("/send-feedback", feedback).body for one in pairs["Whole"])

    assert ours["data"] == theirs["data"] == {"names": ["left", "right"], "ndarray": ndarray}
    said = {key: value for key, value in ours["meta"].items() if key != "metrics"}
    assert said == {key: value for key, value in theirs["meta"].items() if key != "metrics"}
    assert [metric["key"] for metric in ours["meta"]["metrics"]] == [each["key"] for each in theirs["meta"]["metrics"]]


@pytest.mark.parametrize(
    ("name", "path", "body", "theirs", "ours"),
    [
        ("Whole", "/predict", asking("nothing"), 400, 400),
        ("Whole", "/predict", {"jsonData": {"raise": "value"}}, 500, 500),
        ("Whole", "/predict", {"jsonData": {"raise": "own"}}, 418, 418),
        ("Whole", "/predict", [1], 400, 400),
        ("Bare", "/route", ROWS, 400, 400),
        ("Bare", "/aggregate", [ROWS], 400, 400),
        # What a client can mend is 400, and paths and methods have codes of their own.
        ("Whole", "/predict", {"data": {"tensor": {"shape": [3], "values": [1]}}}, 500, 400),
        ("Whole", "/nothing", None, 500, 404),
        ("Whole", "/api/v1.0/predictions", None, 500, 405),
        # v1 cannot write these.
        ("Whole", "/predict", asking("scalar"), 400, 200),
        ("Whole", "/predict", asking("arrays"), 500, 200),
    ],
)
def test_what_is_refused(pairs: dict[str, Pair], name: str, path: str, body: object, theirs: int, ours: int) -> None:
    """Errors have v1's codes, and its sentences where the code is the same."""
    published, own = (_asked(one, path, body) for one in pairs[name])

    assert (published[0], own[0]) == (theirs, ours)
    if theirs == ours:
        said, meant = own[1]["status"], published[1]["status"]
        assert said["reason"] == meant["reason"]
        assert said["code"] == ours
        assert said["info"] == meant["info"] or said["reason"] == "MICROSERVICE_BAD_DATA"


def test_what_ours_does_better(pairs: dict[str, Pair]) -> None:
    """Valid JSON for NaN; a TypeError of the model's own does not run it twice; columns keep their names."""
    theirs, own = pairs["Whole"]
    assert own.post("/predict", {"jsonData": {"return": "not a number"}}).body["data"]["tensor"]["values"] == [
        "NaN",
        1.0,
    ]
    calls = []
    for one in (theirs, own):
        before = one.post("/predict", {"jsonData": {"tell": "meta"}}).body["jsonData"]["calls"]
        assert one.post("/predict", {"jsonData": {"raise": "type"}}).code == 500
        calls.append(one.post("/predict", {"jsonData": {"tell": "meta"}}).body["jsonData"]["calls"] - before)
    assert calls == [3, 2]
    names = [one.post("/transform-input", ROWS).body["data"]["names"] for one in pairs["Bare"]]
    assert names == [["t:0", "t:1"], ["a", "b"]]


def test_what_a_class_is_told(pairs: dict[str, Pair]) -> None:
    """Its parameters with their types, the request's meta as it came, and the names of the columns."""
    told = [one.post("/predict", {"jsonData": {"tell": "meta"}, "meta": {"tags": {"a": 1}}}) for one in pairs["Whole"]]
    for answer in told:
        assert answer.body["jsonData"]["given"] == [3, "a b", True]
        assert answer.body["jsonData"]["meta"]["tags"]["a"] == 1


def test_custom_metrics_are_those_of_the_published_wrapper(pairs: dict[str, Pair]) -> None:
    """Names, labels but the worker's, and every bucket; a probe of the health counts nothing here."""
    found = []
    for one in pairs["Whole"]:
        before = _samples(one.scrape())
        one.post("/predict", ROWS)
        one.post("/send-feedback", {"reward": 0.25})
        after = _samples(one.scrape())
        found.append({key: value - before.get(key, 0) for key, value in after.items() if key[0] != "level"})
    theirs, own = ({key: value for key, value in each.items() if value and _custom(key[0])} for each in found)

    assert own == theirs
    assert any(name == "took_bucket" for name, _ in own)
    assert any(name == "seldon_api_model_feedback_reward_total" for name, _ in own)


def test_a_probe_of_the_health_counts_nothing(pairs: dict[str, Pair]) -> None:
    own = pairs["Whole"][1]
    before = own.scrape()
    assert own.get("/health/status").body["data"] == {"names": [], "tensor": {"shape": [2], "values": [1.0, 2.0]}}
    assert _counts(own.scrape()) == _counts(before)


def _counts(page: str) -> dict[Any, float]:
    return {key: value for key, value in _samples(page).items() if _custom(key[0])}


def _custom(name: str) -> bool:
    return name.startswith(("calls", "level", "took", "inputs", "seldon_api_model_feedback"))


def _samples(page: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (
            sample.name,
            frozenset((key, value) for key, value in sample.labels.items() if key != "worker_id"),
        ): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


JUDGE = """
import json, sys, numpy
from google.protobuf.json_format import MessageToDict
from seldon_core.seldon_client import SeldonClient
http, grpc = sys.argv[1:]
rows = numpy.array([[1.0, 2.5]])
payloads = [{"data": rows, "payload_type": "ndarray"}, {"data": rows, "payload_type": "tensor"}, {"str_data": "hi"},
            {"bin_data": b"ab"}, {"json_data": {"return": "list"}}]
def told(answer):
    return [answer.success, MessageToDict(answer.response) if answer.response is not None else None]
for transport, port in (("rest", http), ("grpc", grpc)):
    client = SeldonClient(microservice_endpoint=f"127.0.0.1:{port}", transport=transport)
    for payload in payloads:
        print(json.dumps(["predict", told(client.microservice(method="predict", **payload))]))
    for method in ("transform-input", "transform-output", "route"):
        print(json.dumps([method, told(client.microservice(method=method, data=rows, payload_type="ndarray"))]))
    print(json.dumps(["aggregate", told(client.microservice(method="aggregate", datas=[rows, rows], payload_type="ndarray"))]))
    asked = {"data": {"ndarray": [[1, 2]]}}
    from seldon_core.utils import json_to_seldon_message
    message = json_to_seldon_message(asked)
    print(json.dumps(["feedback", told(client.microservice_feedback(message, message, 0.5))]))
"""


def test_the_published_client_reads_the_same_from_both(pairs: dict[str, Pair], seldon_client_python: Path) -> None:
    """Every call of a microservice in every form, over REST and over gRPC."""
    theirs, own = (_judged(seldon_client_python, one) for one in pairs["Whole"])

    assert len(own) == 20
    assert own == theirs


def _judged(python: Path, one: Microservice) -> list[Any]:
    command = [str(python), "-W", "ignore", "-c", JUDGE, str(one.http), str(one.grpc)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
