"""What a predictor is watched by: the bins of its reference data, for features, predictions and the outlier score."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.evidence.watched import MOST_SERIES, Counts, Kind, Series
from sdep.runtime.drift.bins import DECILES, Bins
from sdep.runtime.drift.outliers import LEVELS, NAME, Scorer
from sdep.runtime.drift.rows import predictions
from sdep.runtime.evidence.answers import rows_of
from sdep.runtime.evidence.stride import MOST_ROWS
from sdep.runtime.message import Payload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdep.runtime.reference.reference import Reference
    from sdep.runtime.servers.model import Model

    Array = np.ndarray[Any, Any]

PREDICTED_ROWS = 1_000
"""Rows of the reference that the model is asked for before it serves, to know how it answers them."""


@dataclass(frozen=True)
class Binned:
    """One series: its bins and what the reference has in them."""

    kind: Kind
    name: str
    bins: Bins
    reference: Counts

    def series(self, seen: Counts | None) -> Series:
        nothing = Counts(bins=(0,) * len(self.reference.bins))
        return Series(
            kind=self.kind,
            name=self.name,
            edges=self.bins.edges,
            categories=self.bins.categories,
            reference=self.reference,
            seen=seen or nothing,
        )


@dataclass(frozen=True)
class Profile:
    """`names` are all features, in the order in which rows without names have them; `features` those that are watched, by place."""

    names: tuple[str, ...]
    features: Mapping[int, Binned]
    predictions: Mapping[str, Binned]
    scorer: Scorer
    outliers: Binned | None

    @property
    def every(self) -> list[Binned]:
        return [*self.features.values(), *self.predictions.values(), *([self.outliers] if self.outliers else [])]

    @property
    def left_out(self) -> int:
        return len(self.names) - len(self.features)

    @property
    def digest(self) -> str:
        """The same in all processes that count in the same bins."""
        written = [binned.series(None).model_dump_json() for binned in self.every]
        return hashlib.sha256("\n".join(written).encode()).hexdigest()[:16]


def profile_of(reference: Reference, asked: Sequence[str], predicted: Mapping[str, Array]) -> Profile:
    """`asked` names the features to watch, all where it is empty; `predicted` is what the model says of the reference's rows."""
    wanted = [place for place, name in enumerate(reference.names) if not asked or name in asked][:MOST_SERIES]
    columns = [reference.columns[place] for place in wanted]
    scorer = Scorer(columns)
    return Profile(
        reference.names,
        {place: _binned("feature", reference.names[place], reference.columns[place]) for place in wanted},
        {name: _binned("prediction", name, column) for name, column in predicted.items()},
        scorer,
        _binned("outlier", NAME, scorer.scores(columns), LEVELS) if scorer.scores_any else None,
    )


def predicted_of(reference: Reference, model: Model) -> dict[str, Array]:
    """What the model answers to rows of the reference, evenly strided. Raises whatever the model raises."""
    step = max(1, -(-reference.rows // PREDICTED_ROWS))
    columns = {name: column[::step] for name, column in zip(reference.names, reference.columns, strict=True)}
    rows = len(next(iter(columns.values())))
    parts = (
        {name: column[start : start + MOST_ROWS] for name, column in columns.items()}
        for start in range(0, rows, MOST_ROWS)
    )
    answers = [rows_of(model.predict(_asked(part))) for part in parts]
    found = [predictions(few) for few in answers if few is not None]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]} if found else {}


def _asked(columns: Mapping[str, Array]) -> Payload:
    """As a client would: rows where all are numbers, else named columns."""
    if all(column.dtype.kind == "f" for column in columns.values()):
        return Payload(np.column_stack(list(columns.values())), "tensor", tuple(columns))
    return Payload({name: _with_none(column) for name, column in columns.items()}, "columns", tuple(columns))


def _with_none(column: Array) -> Array:
    """As a client writes a missing text."""
    if column.dtype.kind == "f":
        return column
    return np.array([value or None for value in column.tolist()], dtype=object)


def _binned(kind: Kind, name: str, column: Array, levels: Sequence[float] = DECILES) -> Binned:
    bins = Bins(column, levels)
    return Binned(kind, name, bins, bins.counts(column))
