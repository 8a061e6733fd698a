"""What an engine tells of its inputs and predictions beside its model's reference data, over each protocol."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sdep.contract import ServedDrift, ServedModel, ServedUnit
from sdep.evidence.watched import PATH, Watched
from sdep.runtime.drift.bins import Bins
from sdep.runtime.drift.profile import profile_of
from sdep.runtime.drift.tap import MOST_WAITING, Tap
from sdep.runtime.message import Payload
from sdep.runtime.reference.reference import FOLDER, Reference, save_reference
from sdep.runtime.rpc import open_inference_pb2 as v2
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc import tensorflow_pb2 as serving
from sdep.runtime.rpc.tftensor import tftensor_of
from tests.clock import on_the_clock
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.runtime.program import Running

NAMES = ("oil", "gas", "fx")
ROWS = [[1.0, 2.0, 30.0], [1.0, 2.0, 300.0]]
UNIT = ServedUnit(name="regression", implementation="MLFLOW_SERVER", model=ServedModel(name="m", version="3"))
OVER_HTTP: dict[str, Any] = {
    "/api/v1.0/predictions": {"data": {"ndarray": ROWS}},
    "/v2/models/regression/infer": {"inputs": [{"name": "x", "datatype": "FP64", "shape": [2, 3], "data": ROWS}]},
    "/v1/models/regression:predict": {"instances": ROWS},
    "/invocations": {"dataframe_split": {"columns": [*reversed(NAMES)], "data": [row[::-1] for row in ROWS]}},
}
OVER_GRPC: dict[str, Any] = {
    "/seldon.protos.Seldon/Predict": pb.SeldonMessage(
        data=pb.DefaultData(tensor=pb.Tensor(shape=[2, 3], values=[*ROWS[0], *ROWS[1]]))
    ),
    "/inference.GRPCInferenceService/ModelInfer": v2.ModelInferRequest(
        model_name="regression",
        inputs=[
            v2.ModelInferRequest.InferInputTensor(
                name="x",
                datatype="FP64",
                shape=[2, 3],
                contents=v2.InferTensorContents(fp64_contents=[*ROWS[0], *ROWS[1]]),
            )
        ],
    ),
    "/tensorflow.serving.PredictionService/Predict": serving.PredictRequest(
        model_spec=serving.ModelSpec(name="regression"), inputs={"x": tftensor_of(np.array(ROWS))}
    ),
}


def reference(rows: int = 500) -> Reference:
    generator = np.random.default_rng(0)
    return Reference(NAMES, tuple(generator.normal(size=rows) for _ in NAMES))


@pytest.fixture(scope="module")
def kept(root: Path) -> Iterator[Path]:
    """The reference data beside the model; taken away again, since the folder is other tests' too."""
    folder = root / "mnt/models/regression" / FOLDER
    save_reference(folder, reference())
    yield root
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def engine(kept: Path) -> Iterator[Running]:
    with running(kept, UNIT, drift=ServedDrift(unit="regression"), SDEP_WORKERS="2", SDEP_GRPC_PORT="0") as found:
        yield found


def told(engine: Running) -> Watched:
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}{PATH}", timeout=20) as answer:
        return Watched.model_validate_json(answer.read())


def awaited(engine: Running, before: Watched, rows: int) -> Watched:
    """What is told once so many rows more are counted."""
    deadline = time.monotonic() + 20
    while (found := told(engine).since(before)).rows < rows:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def assert_both_rows(found: Watched) -> None:
    seen = {series.key: series for series in found.series}
    assert found.rows == 2
    assert sum(seen["feature oil"].seen.bins) == 2
    assert seen["feature fx"].seen.outside == 2
    assert seen["feature oil"].seen.outside == 0
    assert sum(seen["prediction value"].seen.bins) == 2
    assert seen["outlier score"].seen.bins[-1] == 2


@pytest.mark.parametrize("path", OVER_HTTP)
def test_inputs_over_http_are_counted(engine: Running, path: str) -> None:
    """Of each protocol's two rows each feature is counted in its own bins, whatever order they came in."""
    before = told(engine)
    engine.post(path, OVER_HTTP[path])
    assert_both_rows(awaited(engine, before, 2))


@pytest.mark.parametrize("method", OVER_GRPC)
def test_inputs_over_grpc_are_counted(engine: Running, method: str) -> None:
    """The same over gRPC's three services."""
    before, request = told(engine), OVER_GRPC[method]
    with grpc.insecure_channel(f"127.0.0.1:{engine.grpc_port}") as channel:
        channel.unary_unary(method, type(request).SerializeToString, bytes)(request, timeout=20)
    assert_both_rows(awaited(engine, before, 2))


def test_the_reference_is_told_beside_what_is_seen(engine: Running) -> None:
    """A judge needs nothing but this page: bins, the reference's counts in them, and what the model says of its rows."""
    found = told(engine)
    assert [series.key for series in found.series] == [
        *(f"feature {name}" for name in NAMES),
        "prediction value",
        "outlier score",
    ]
    assert all(sum(series.reference.bins) == 500 for series in found.series)
    assert found.reason == ""


def test_metrics_count_rows_and_odd_values(engine: Running) -> None:
    """Prometheus sees the rows, and of each feature what is missing, out of range and new."""
    before = told(engine)
    engine.post("/api/v1.0/predictions", OVER_HTTP["/api/v1.0/predictions"])
    awaited(engine, before, 2)
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}/prometheus", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    counted = {
        key: float(value)
        for key, _, value in (line.rpartition(" ") for line in lines)
        if key.startswith("sdep_runtime_drift")
    }
    owner = 'deployment_name="d"'
    assert next(value for key, value in counted.items() if owner in key and 'outcome="counted"' in key) >= 2
    assert next(value for key, value in counted.items() if 'feature="fx",kind="outside"' in key) >= 2


def test_without_reference_data_it_serves_and_says_why(root: Path) -> None:
    """A pod whose model came without the data answers predictions, and its page has the reason and what to do."""
    unit = UNIT.model_copy(update={"name": "doubled"})
    with running(root, unit, drift=ServedDrift(unit="doubled"), SDEP_WORKERS="1") as engine:
        engine.post("/api/v1.0/predictions", OVER_HTTP["/api/v1.0/predictions"])
        found = told(engine)
    assert (found.reason, found.reference) == ("ReferenceNotFound", "")
    assert "reference data" in found.message


def test_a_feature_that_the_data_lacks_is_said(kept: Path) -> None:
    """A name in the manifest that no column has is no silent nothing."""
    with running(
        kept, UNIT, drift=ServedDrift(unit="regression", features=("oil", "coal")), SDEP_WORKERS="1"
    ) as engine:
        assert "no feature coal" in told(engine).message


def tap(names: tuple[str, ...] = NAMES, columns: tuple[Any, ...] = (), rate: float = 1.0) -> Tap:
    given_ = Reference(names, columns) if columns else reference()
    made = Tap(profile_of(given_, (), {}), rate)
    made.close()  # counted by hand
    return made


def test_what_finds_no_room_is_dropped_and_counted() -> None:
    """The queue is bounded, and what is beyond is counted rather than kept."""
    full = tap()
    row = Payload(np.zeros((1, 3)), "tensor")
    for _ in range(MOST_WAITING + 5):
        full.offer(row, row)
    full.count()
    found = full.watched()
    assert (found.rows, found.dropped) == (MOST_WAITING, 5)


def test_a_sample_is_looked_at() -> None:
    """Of many requests about the share that was asked for is counted."""
    some = tap(rate=0.25)
    row = Payload(np.zeros((1, 3)), "tensor")
    for _ in range(1000):
        some.offer(row, row)
    some.count()
    assert 150 < some.watched().rows < 350


def test_a_model_that_changes_its_input_changes_no_count() -> None:
    """What was asked is copied before the model has it."""
    safe, rows = tap(), np.full((1, 3), 500.0)
    safe.offer(Payload(rows, "tensor"), Payload(rows, "tensor"))
    rows[:] = 0
    safe.count()
    assert [series.seen.outside for series in safe.watched().series] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("payload", "missing", "new"),
    [
        (Payload(np.array([["red", 1.0], ["mauve", None]], dtype=object), "ndarray"), 1, 1),
        (Payload({"colour": np.array(["red", None], dtype=object), "size": np.array([1.0, 2.0])}, "columns"), 1, 0),
        (Payload([{"colour": "mauve", "size": 2}, {"colour": "red", "size": None}], "jsonData"), 1, 1),
        (Payload({"size": np.array([1.0])}, "columns", ("size",)), 1, 0),
    ],
)
def test_text_is_counted_by_category(payload: Payload, missing: int, new: int) -> None:
    """Text has its categories, what is null or left out is missing, and what the reference never had is new."""
    made = tap(("colour", "size"), (np.array(["red"] * 5 + ["blue"], dtype=object), np.arange(6.0)))
    made.offer(payload, payload)
    made.count()
    series = made.watched().series
    assert made.watched().unread == 0
    assert sum(one.seen.missing for one in series[:2]) == missing
    assert series[0].seen.new == new


@pytest.mark.parametrize("value", ["text", b"bytes", [[1, 2]], {"a": 1}, None])
def test_what_is_no_table_of_the_features_is_counted_as_unread(value: object) -> None:
    """Nothing is raised, whatever a client sends."""
    made = tap()
    made.offer(Payload(value, "jsonData"), Payload("answer", "strData"))
    made.count()
    assert (made.watched().rows, made.watched().unread) == (0, 1)


@given(arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(width=32)), st.data())
def test_every_number_is_in_one_bin(column: Any, data: st.DataObject) -> None:  # noqa: ANN401 - an array
    """Whatever the reference is, values present are in one bin each, and none of its own is outside of its range."""
    bins = Bins(column)
    own = bins.counts(column)
    assert own.total == len(column)
    assert len(own.bins) == len(bins.edges) + 1
    other = np.array(data.draw(st.lists(st.floats(), max_size=30)), dtype=np.float64)
    assert bins.counts(other).total == len(other)


@on_the_clock
def test_a_request_costs_microseconds(record_property: Callable[[str, object], None]) -> None:
    """What the way of a response bears is the sample and the copy of one row: five microseconds, less than a socket's write."""
    made, row = tap(), Payload(np.zeros((1, 10)), "tensor")
    answer = Payload(np.zeros(1), "tensor")
    best = min(_seconds(made, row, answer) for _ in range(20))
    record_property("microseconds", best * 1e6)
    assert best < 5e-6, json.dumps({"microseconds": best * 1e6})


def _seconds(made: Tap, row: Payload, answer: Payload) -> float:
    made._waiting.clear()
    begin = time.perf_counter()
    for _ in range(1000):
        made.offer(row, answer)
    return (time.perf_counter() - begin) / 1000
