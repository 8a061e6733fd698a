"""Streams of rows: ten numbers and a colour, with one change at a known row, or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
FEATURES = 10
COLOURS = 4
SHARES = (0.5, 0.3, 0.15, 0.05)
OTHER_SHARES = (0.3, 0.3, 0.15, 0.25)
ROWS, CHANGE, GRADUAL = 12_000, 6_000, 3_000
REFERENCE_ROWS = 2_000
"""As many as the training data has that detectors may know beforehand."""


@dataclass(frozen=True)
class Stream:
    """`numbers` by row and feature, `colours` by row as small integers."""

    numbers: Array
    colours: Array


Change = Callable[[Stream, Array, np.random.Generator], None]
"""Changes a stream in place; the array has, of each row, how far the change has come, from 0 to 1."""


def _shift(size: float) -> Change:
    def change(stream: Stream, come: Array, _: np.random.Generator) -> None:
        stream.numbers[:, 3] += size * come

    return change


def _wider(stream: Stream, come: Array, _: np.random.Generator) -> None:
    stream.numbers[:, 3] *= 1 + come


def _recoloured(stream: Stream, come: Array, generator: np.random.Generator) -> None:
    new = generator.random(len(come)) < come
    stream.colours[new] = generator.choice(COLOURS, int(new.sum()), p=OTHER_SHARES)


@dataclass(frozen=True)
class Scenario:
    """What changes, and over how many rows."""

    name: str
    change: Change | None = None
    over: int = 1


SCENARIOS = (
    Scenario("no change"),
    Scenario("one of ten, +0.5 sd at once", _shift(0.5)),
    Scenario("one of ten, +1 sd at once", _shift(1.0)),
    Scenario("one of ten, +1 sd over 3,000 rows", _shift(1.0), GRADUAL),
    Scenario("one of ten, twice as wide", _wider),
    Scenario("categories", _recoloured),
)


def drawn(rows: int, generator: np.random.Generator) -> Stream:
    return Stream(generator.normal(size=(rows, FEATURES)), generator.choice(COLOURS, rows, p=SHARES))


def stream(scenario: Scenario, seed: int) -> Stream:
    generator = np.random.default_rng([seed, SCENARIOS.index(scenario)])
    found = drawn(ROWS, generator)
    if scenario.change is not None:
        come = np.clip((np.arange(ROWS) - CHANGE) / scenario.over, 0, 1)
        scenario.change(found, come, generator)
    return found


def reference() -> Stream:
    return drawn(REFERENCE_ROWS, np.random.default_rng(0))
