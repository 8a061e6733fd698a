"""Between a model's process and ours values keep their kind, and no pickle is used."""

from __future__ import annotations

import socket
import threading

import numpy as np
import pandas as pd
import pytest

from sdep.runtime.environment.worker.wire import receive, send

VALUES = [
    None,
    {"a": [1, 2.5, "x", True], "b": b"\x00\xff"},
    np.arange(6, dtype="<f4").reshape(2, 3),
    np.array([["a", "b"]]),
    np.array([1, None, "x"], dtype=object),
    np.array(["2024-01-01"], dtype="M8[D]"),
    np.zeros((0, 3)),
]


def _sent(value: object) -> object:
    here, there = socket.socketpair()
    with here, there:
        sending = threading.Thread(target=send, args=(here, value))
        sending.start()
        found = receive(there)
        sending.join()
    return found


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_values_keep_their_kind(value: object) -> None:
    """Plain values, and arrays with their type and shape."""
    found = _sent(value)

    if isinstance(value, np.ndarray):
        assert isinstance(found, np.ndarray)
        assert (found.dtype.kind, found.shape) == (value.dtype.kind, value.shape)
        assert found.tolist() == value.tolist()
    else:
        assert found == value


def test_tables_keep_their_columns() -> None:
    """Names, numbers, texts, gaps, times and pandas' own types."""
    table = pd.DataFrame(
        {
            "number": [1.5, np.nan],
            "whole": pd.array([1, None], dtype="Int64"),
            "text": ["a", None],
            "when": pd.to_datetime(["2024-01-01", "2024-01-02"]),
            "flag": [True, False],
        }
    )
    found = _sent(table)

    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == list(table.columns)
    assert found["whole"].dtype == "Int64"
    assert found["when"].tolist() == table["when"].tolist()
    assert found["text"].tolist()[0] == "a"
    assert found["text"].isna().tolist() == [False, True]
    assert found["number"].isna().tolist() == [False, True]


def test_large_arrays_arrive_whole() -> None:
    """More than a socket's buffer."""
    value = np.random.default_rng(0).normal(size=(2000, 500))

    found = _sent(value)
    assert isinstance(found, np.ndarray)
    assert np.array_equal(found, value)
