"""What a recorder makes of answers: counts that are bounded, and never an exception."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sdep.evidence.evidence import MOST_CLASSES, OTHER_CLASSES, Evidence
from sdep.evidence.histogram import MOST_VALUES, Histogram, of
from sdep.runtime.evidence.labels import MOST_CHARACTERS
from sdep.runtime.evidence.numbers import AT_ONCE, Numbers
from sdep.runtime.evidence.recorder import SMALL, Recorder
from sdep.runtime.evidence.stride import MOST_NUMBERS
from sdep.runtime.message import Payload
from sdep.runtime.openinference.tensor import Inference, Tensor
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.convert import Received, message_of
from sdep.runtime.servers.model import Result

NAN, INFINITE = float("nan"), float("inf")
WIDE = SMALL + 1


def seen(payload: Payload) -> tuple[dict[float, int], dict[str, int]]:
    recorder = Recorder()
    recorder.answered(payload)
    found = recorder.evidence()
    return dict(found.predictions.counts), dict(found.classes)


def array(rows: Any, dtype: Any = None) -> Payload:  # noqa: ANN401 - whatever numpy takes
    return Payload(np.array(rows, dtype=dtype), "ndarray")


@pytest.mark.parametrize(
    ("rows", "predictions", "classes"),
    [
        ([18.0], {18: 1}, {}),
        (18.0, {18: 1}, {}),
        ([[18.0], [7]], {18: 1, 7: 1}, {}),
        ([3, 3, 4], {3: 2, 4: 1}, {}),
        ([[0.1, 0.7, 0.2]], {0.7: 1}, {"1": 1}),
        ([[0.1, 0.9], [0.8, 0.2], [0.9, 0.1]], {0.9: 2, 0.8: 1}, {"0": 2, "1": 1}),
        ([[[1, 2], [3, 4]]], {4: 1}, {"3": 1}),
        ([[0.5, 0.5]], {0.5: 1}, {"0": 1}),
    ],
)
def test_a_number_counts_as_itself_and_several_as_the_greatest_and_its_place(
    rows: object, predictions: dict[float, int], classes: dict[str, int]
) -> None:
    assert seen(array(rows)) == (predictions, classes)


@pytest.mark.parametrize("rows", [3, 25])
def test_few_rows_and_many_are_counted_alike(rows: int) -> None:
    """Python counts few, NumPy many."""
    one = [[0.25, 0.75], [NAN, 0.5], [NAN, NAN], [INFINITE, 0.125]]
    assert seen(array(one * rows)) == ({0.75: rows, 0.5: rows, 0.125: rows}, {"1": 3 * rows})


@pytest.mark.parametrize(
    ("payload", "classes"),
    [
        (array(["up", "down", "up"], object), {"up": 2, "down": 1}),
        (array([["up"]], object), {"up": 1}),
        (array(["up", "down"]), {"up": 1, "down": 1}),
        (array([True, False, True]), {"true": 2, "false": 1}),
        (array([True]), {"true": 1}),
        (array([True, "x"], object), {"true": 1, "x": 1}),
        (Payload("spam", "strData"), {"spam": 1}),
        (Payload(value=True, kind="jsonData"), {"true": 1}),
    ],
)
def test_text_and_booleans_are_classes(payload: Payload, classes: dict[str, int]) -> None:
    assert seen(payload) == ({}, classes)


def test_beside_a_label_the_place_of_a_number_says_nothing() -> None:
    assert seen(array([["up", 0.7, 0.3], ["down", 0.6, None]], object)) == ({0.7: 1, 0.6: 1}, {"up": 1, "down": 1})


@pytest.mark.parametrize(
    "value",
    [[NAN], [INFINITE], [[NAN, -INFINITE]], [[NAN]] * WIDE, [[NAN] * 2] * WIDE, [], [[]], [1j], ["2020-01-01"]],
)
def test_what_is_not_finite_or_no_number_is_left_out(value: list[Any]) -> None:
    dtype = "datetime64[D]" if value == ["2020-01-01"] else None
    assert seen(array(value, dtype)) == ({}, {})


def body(**fields: object) -> Payload:
    return Payload(fields, "message")


ROWS = {"ndarray": [[0.25, 0.75], [0.5, 0.125]]}
TENSOR = {"tensor": {"shape": [2, 2], "values": [0.25, 0.75, 0.5, 0.125]}}
COLUMNS = {"a": np.array([0.25, 0.5]), "b": np.array([[0.75], [0.125]])}
TABLE = ({0.75: 1, 0.5: 1}, {"0": 1, "1": 1})


@pytest.mark.parametrize(
    "payload",
    [
        Payload(np.array(ROWS["ndarray"]), "tensor"),
        Payload(COLUMNS, "columns"),
        Payload(Inference(tuple(Tensor(name, each) for name, each in COLUMNS.items())), "inference"),
        Payload(Inference((Tensor("one", np.array(ROWS["ndarray"])), Tensor("more", np.ones(3)))), "inference"),
        Payload(ROWS["ndarray"], "jsonData"),
        body(data=ROWS),
        body(data=TENSOR),
        body(jsonData=ROWS["ndarray"]),
        Payload(ROWS["ndarray"], "message"),
        Payload(Received(message_of({"data": ROWS})), "proto"),
        Payload(Received(message_of({"data": TENSOR})), "proto"),
        Payload(Result(pd.DataFrame({"a": [0.25, 0.5], "b": [0.75, 0.125]})), "invocation"),
        Payload(Result(ROWS["ndarray"]), "invocation"),
        Payload(Result(np.array(ROWS["ndarray"])), "invocation"),
    ],
)
def test_whatever_carries_a_table_it_counts_alike(payload: Payload) -> None:
    assert seen(payload) == TABLE


def test_one_value_of_a_model_or_a_container_is_one_row() -> None:
    assert seen(Payload(Result(pd.Series([2.5, 3.5])), "invocation")) == ({2.5: 1, 3.5: 1}, {})
    assert seen(Payload(Result(2.5), "invocation")) == ({2.5: 1}, {})
    assert seen(body(strData="up")) == ({}, {"up": 1})
    assert seen(body(data={"tensor": {"values": ["NaN", 4]}})) == ({4: 1}, {})


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], None, [None], [[1], [2, 3]]])
def test_objects_and_ragged_lists_are_left_out(value: object) -> None:
    assert seen(Payload(value, "jsonData")) == seen(body(jsonData=value)) == ({}, {})


def of_rows(rows: int, width: int = 1) -> dict[str, Payload]:
    """The same table in every form, each row's greatest number at its last place."""
    table = np.arange(rows * width, dtype=np.float64).reshape(rows, width)
    text = {"data": {"ndarray": table.tolist()}}
    return {
        "array": Payload(table, "tensor"),
        "objects": Payload(table.astype(object), "ndarray"),
        "list": Payload(table.tolist(), "jsonData"),
        "body": Payload(text, "message"),
        "flat": body(data={"tensor": {"shape": table.shape, "values": table.ravel().tolist()}}),
        "proto": Payload(Received(message_of(text)), "proto"),
        "columns": Payload({str(place): table[:, place] for place in range(width)}, "columns"),
        "frame": Payload(Result(pd.DataFrame(table)), "invocation"),
    }


@pytest.mark.parametrize("form", of_rows(1))
@pytest.mark.parametrize(("rows", "taken"), [(99, 99), (100, 100), (101, 51), (1000, 100), (10_050, 100)])
def test_of_many_rows_at_most_a_hundred_are_looked_at_evenly(form: str, rows: int, taken: int) -> None:
    found, classes = seen(of_rows(rows)[form])
    assert sum(found.values()) == taken
    assert min(found) == 0
    assert max(found) == pytest.approx(rows, rel=0.02)
    assert classes == {}


def test_wide_rows_are_fewer_and_too_wide_ones_none() -> None:
    """Of a thousand classes ten rows, of text less."""
    assert sum(seen(of_rows(500, 1000)["array"])[0].values()) == 10
    assert sum(seen(of_rows(500, 1000)["list"])[0].values()) == 10
    assert seen(of_rows(2, MOST_NUMBERS + 1)["array"]) == ({}, {})
    assert sum(seen(array([["a"] * 100] * 50, object))[1].values()) == 1000


def test_classes_are_bounded_and_no_count_falls() -> None:
    recorder = Recorder()
    for _ in range(2):
        recorder.answered(array([f"class {number}" for number in range(80)], object))
    found = recorder.evidence().classes
    assert len(found) == MOST_CLASSES
    assert found["class 0"] == 2
    assert found[OTHER_CLASSES] == 2 * (80 - MOST_CLASSES + 1)


def test_a_long_text_is_its_beginning_and_half_a_character_can_be_told() -> None:
    recorder = Recorder()
    recorder.answered(Payload("x" * 1000, "strData"))
    recorder.answered(Payload("\ud83d", "strData"))
    assert json.loads(recorder.evidence().model_dump_json())["classes"] == {"x" * MOST_CHARACTERS: 1, "?": 1}


def test_histograms_are_bounded_and_keep_every_count() -> None:
    """A digit goes whenever there are too many values, down to none."""
    recorder = Recorder()
    numbers = [
        sign * digit * 10.0**exponent for sign in (1, -1) for digit in range(1, 10) for exponent in range(-300, 300)
    ]
    for number in numbers:
        recorder.answered(array([number]))
    found = recorder.evidence().predictions
    assert found == Histogram(0, {1.0: len(numbers) // 2, -1.0: len(numbers) // 2})

    for number in range(5000):
        recorder.request(200, 1e-5 * 1.01**number)
    assert len(recorder.evidence().latency.counts) <= MOST_VALUES
    assert recorder.evidence().latency.total == 5000


@given(st.lists(st.decimals(-(10**6), 10**6, places=3), max_size=60), st.integers(1, 4))
def test_numbers_are_rounded_as_histograms_round(values: list[Decimal], digits: int) -> None:
    """Of numbers that need no more digits there is no tie: the counts are the same to the last bit."""
    exact = [float(f"{value:.{digits - 1}e}") for value in values]
    numbers = Numbers(digits)
    numbers.add_all(exact)
    assert numbers.histogram() == of(exact, digits)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1), st.integers(1, 4))
def test_every_finite_number_is_kept_to_its_digits(values: list[float], digits: int) -> None:
    numbers = Numbers(digits)
    for value in values:
        numbers.add(value)
    found = sorted(numbers.histogram().counts.elements())  # type: ignore[attr-defined]  # a Counter
    assert found == pytest.approx(sorted(values), rel=0.51 * 10 ** (1 - digits), abs=1e-299)


def test_the_largest_numbers_stay_finite() -> None:
    assert seen(array([1.7e308, -1.7e308])) == ({1e300: 1, -1e300: 1}, {})


def test_numbers_are_rounded_many_at_once_and_whenever_asked() -> None:
    numbers = Numbers()
    for count in range(1, 2 * AT_ONCE + 2):
        numbers.add(9.99996)
        if count % 700 == 0:
            assert numbers.histogram().counts == {10: count}
    assert numbers.histogram().counts == {10: 2 * AT_ONCE + 1}


@pytest.mark.parametrize(
    ("code", "errors", "refusals", "good"),
    [(200, 0, 0, 1), (400, 0, 1, 0), (404, 0, 1, 0), (499, 0, 1, 0), (429, 1, 0, 0), (500, 1, 0, 0), (504, 1, 0, 0)],
)
def test_faults_of_the_server_are_told_from_those_of_clients(code: int, errors: int, refusals: int, good: int) -> None:
    """The time of an answer counts where it is a good one."""
    recorder = Recorder()
    recorder.request(code, 0.0123)
    assert recorder.evidence() == Evidence(
        requests=1, errors=errors, refusals=refusals, latency=Histogram(2, {0.012: 1} if good else {})
    )


CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text()
    | st.binary()
    | st.just(10**400)
    | st.decimals(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
)
ARRAYS = arrays.arrays(
    arrays.scalar_dtypes() | st.just(np.dtype(np.longdouble)), arrays.array_shapes(min_dims=0, min_side=0, max_side=40)
)
KINDS = st.sampled_from(
    ["ndarray", "tensor", "columns", "jsonData", "strData", "binData", "message", "proto", "inference", "invocation"]
)
PARTS = st.fixed_dictionaries({}, optional={"ndarray": CELLS, "tensor": CELLS, "names": CELLS})
BODIES = st.fixed_dictionaries({}, optional={"data": PARTS | CELLS, "jsonData": CELLS, "strData": CELLS, "meta": CELLS})
VALUES = (
    CELLS | ARRAYS | BODIES | ARRAYS.map(Result) | CELLS.map(Result) | st.dictionaries(st.text(), ARRAYS, max_size=3)
)


@given(KINDS, VALUES, VALUES)
def test_no_answer_whatever_it_is_raises_or_spoils_the_counts(kind: Any, one: object, other: object) -> None:  # noqa: ANN401 - a kind
    recorder = Recorder()
    for value in (one, other, np.array([2.0])):
        recorder.answered(Payload(value, kind))
    recorder.answered(array([2.0]))
    found = Evidence.model_validate_json(recorder.evidence().model_dump_json(by_alias=True))
    assert found.predictions.counts[2.0] >= 1


def test_an_odd_message_of_grpc_is_left_out() -> None:
    assert seen(Payload(Received(pb.SeldonMessage()), "proto")) == ({}, {})
