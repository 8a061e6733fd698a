"""Data with a known rule in it, models of it, and contexts that count what the model is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression

from sdep.runtime.explain.config import Config
from sdep.runtime.explain.context import Context
from sdep.runtime.reference.reference import Reference

Array = np.ndarray[Any, Any]
NAMES = ("oil", "gas", "fx", "rain")
_rng = np.random.default_rng(3)
ROWS = _rng.normal(size=(600, 4))
PRICE = 2 * ROWS[:, 0] - ROWS[:, 1] + np.where(ROWS[:, 2] > 0, 1.0, 0.0)
RISING = np.where((ROWS[:, 0] > 0) & (ROWS[:, 1] < 0.5), 1, 0)


@dataclass
class Asked:
    """How often the model was called, and with how many rows."""

    calls: int = 0
    rows: int = 0


class Made:
    def __init__(
        self,
        predict: Callable[[Array], Array],
        model: object,
        reference: Reference | None,
        config: Mapping[str, object] | None = None,
    ) -> None:
        self.asked = Asked()

        def counted(rows: Array) -> Array:
            self.asked.calls += 1
            self.asked.rows += len(rows)
            return predict(rows)

        flags = Config({name: str(value) for name, value in (config or {}).items()})
        names = reference.names if reference is not None else NAMES
        self.context = Context(predict=counted, names=names, reference=reference, config=flags, native=lambda: model)


@pytest.fixture(scope="session")
def reference() -> Reference:
    return Reference(NAMES, tuple(ROWS.T), PRICE)


@pytest.fixture(scope="session")
def forest() -> RandomForestClassifier:
    return RandomForestClassifier(10, max_depth=6, random_state=0).fit(ROWS, RISING)


@pytest.fixture(scope="session")
def boosted() -> GradientBoostingRegressor:
    return GradientBoostingRegressor(n_estimators=20, random_state=0).fit(ROWS, PRICE)


@pytest.fixture(scope="session")
def linear() -> LinearRegression:
    return LinearRegression().fit(ROWS, PRICE)
