"""What the built-in combiners answer, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdep.contract import ServedUnit
from sdep.runtime.errors import UnitError
from sdep.runtime.graph.combine import mean, vote
from sdep.runtime.message import Payload

UNIT = ServedUnit(name="c", implementation="C")


def _arrays(*values: Any, dtype: Any = None) -> list[Payload]:  # noqa: ANN401 - what an array is made of
    return [Payload(np.array(value, dtype=dtype), "ndarray", ("a", "b")) for value in values]


def test_weights_of_a_mean() -> None:
    """Each child counts by its weight, whatever the weights sum to."""
    answer = mean(UNIT, _arrays([[1, 2]], [[5, 10]]), (1, 3))

    assert (answer.value.tolist(), answer.kind, answer.names) == ([[4, 8]], "ndarray", ("a", "b"))


@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 99))
def test_a_mean_is_numpys_to_the_bit(children: int, columns: int, seed: int) -> None:
    """However many children answer, and however short: what is added one by one is no other number."""
    answers = np.random.default_rng(seed).normal(size=(children, 2, columns))

    assert mean(UNIT, _arrays(*answers)).value.tolist() == np.mean(list(answers), axis=0).tolist()


@pytest.mark.parametrize(
    ("children", "elected"),
    [
        (([1, 2], [1, 3], [4, 3]), [1, 3]),
        ((["up", "up"], ["down", "up"], ["down", "flat"]), ["down", "up"]),
        (([True, False], [False, False]), [True, False]),
        ((["x", 1], [2, 1], [2, "y"]), [2, 1]),
    ],
)
def test_majorities(children: tuple[list[Any], ...], elected: list[Any]) -> None:
    """Each element by itself, numbers and labels alike; where two answers are as frequent, the earlier child's."""
    mixed = any(isinstance(value, str) for child in children for value in child)

    assert vote(UNIT, _arrays(*children, dtype=object if mixed else None)).value.tolist() == elected


def test_weighted_votes() -> None:
    """One child with more weight than two others together outvotes them, in text too."""
    labels = [Payload(text, "strData") for text in ("a", "b", "b")]

    assert vote(UNIT, _arrays([1], [2], [2]), (5, 2, 2)).value.tolist() == [1]
    assert [vote(UNIT, labels).value, vote(UNIT, labels, (5, 2, 2)).value] == ["b", "a"]


@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=5))
def test_numbers_and_labels_are_counted_alike(children: list[list[int]]) -> None:
    """The way for numbers and the way for any values agree on every ballot."""
    numbers = vote(UNIT, _arrays(*children)).value.tolist()
    objects = vote(UNIT, _arrays(*children, dtype=object)).value.tolist()

    assert numbers == objects


@pytest.mark.parametrize(
    ("payloads", "sentence"),
    [
        (_arrays([1], [1, 2]), r"unit 'c': C takes equal shapes, and its children answered \[1\], \[2\]"),
        ([Payload("x", "strData"), *_arrays([1])], "unit 'c': C takes arrays, or all of them text"),
    ],
)
def test_what_cannot_be_voted_on(payloads: list[Payload], sentence: str) -> None:
    """Answers of different forms end in an error that names the combiner."""
    with pytest.raises(UnitError, match=sentence):
        vote(UNIT, payloads)
