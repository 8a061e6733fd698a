"""What a method knows of the model that it explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from sdep.runtime.explain.config import Config
from sdep.runtime.explain.data import Data
from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.outputs import Sameness, classes_of, sameness, scores
from sdep.runtime.message import Payload
from sdep.runtime.reference.reference import Reference

Array = np.ndarray[Any, Any]
Predict = Callable[[Array], Array]
"""Rows and features in, what the model answers to each row out."""

Kept = TypeVar("Kept")

MOST_VALUES = 1_000_000
"""Values that one call of the model gets at most."""
LOOKED_AT = 2000
"""Rows of the reference data whose predictions say which answers there are."""
SEED = 0
_LABELS = "labels"
WHAT_TO_DO = (
    "log the training data in the model's run, as mlflow.log_artifact('reference_data.csv'), "
    "or fit an explainer with `sdep explainer fit`"
)


@dataclass(frozen=True, kw_only=True)
class Context:
    """`native` gives the estimator or booster itself, None where it is elsewhere. `ahead` is what `fit` computed.

    `seed` None draws anew at each request.
    """

    predict: Predict
    names: tuple[str, ...] = ()
    reference: Reference | None = None
    config: Config = field(default_factory=Config)
    native: Callable[[], Any] = lambda: None
    example: Payload | None = None
    """What the model was saved with to show how it is asked."""
    ahead: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = SEED
    missing: str = WHAT_TO_DO
    """What to do where there is no reference data."""

    _kept: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Kept]) -> Kept:
        """What a method computes of the model before the first row, and keeps."""
        if name not in self._kept:
            self._kept[name] = make()
        found: Kept = self._kept[name]
        return found

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @cached_property
    def data(self) -> Data:
        if self.reference is None or not self.reference.columns or not len(self.reference.columns[0]):
            raise NotExplainableError(f"there is no reference data, which this explainer compares with: {self.missing}")
        return Data(self.reference)

    @cached_property
    def looked_at(self) -> tuple[Array, Array]:
        """Rows of the reference data, and what the model answers to them."""
        rows = self.data.sample(LOOKED_AT, np.random.default_rng(SEED))
        return rows, self.answers(rows)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of a model that has answered with text; () of one that answers with numbers."""
        return tuple(self._kept.get(_LABELS, ()))

    def sameness(self) -> Sameness:
        """Two numbers are the same within half a standard deviation, or what the flag `tolerance` makes of that."""
        return sameness(self.looked_at[1], self.config.number("tolerance", 0.5, 0))

    def answers(self, rows: Array) -> Array:
        """The model's answers, asked in as few calls as their size allows."""
        size = max(1, MOST_VALUES // max(1, rows.shape[1]))
        parts = [self.predict(rows[start : start + size]) for start in range(0, len(rows), size)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def scores(self, rows: Array) -> Array:
        """Answers as numbers: rows and outputs."""
        raw = self.answers(rows)
        if raw.dtype.kind in "iufb":
            return scores(raw)
        return scores(raw, self.once(_LABELS, lambda: classes_of(self.looked_at[1])))

    def feature_names(self, width: int) -> tuple[str, ...]:
        return self.names if len(self.names) == width else tuple(f"f{each}" for each in range(width))
