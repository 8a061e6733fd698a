"""A drift detector: by what the inputs and predictions of a predictor are held against the data its model was made with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from sdep.api.base import Count, KubeModel
from sdep.api.duration import Duration
from sdep.api.reference_data import ReferenceData

Points = Annotated[float, Field(ge=0, le=100), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})]
"""Percentage points."""
Rate = Annotated[float, Field(gt=0, le=1), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
OnDrift = Literal["Report", "PauseRollout", "RollBack"]


class DriftWindow(KubeModel):
    """A window ends with the first look at which it has `rows`, or has lasted `duration` and has `minRows` at least."""

    rows: Count = 1000
    duration: Duration = "1h"
    min_rows: Count = 100


class DriftMargins(KubeModel):
    """How much is no drift, however certain it is.

    `distance` is the greatest difference of the two distribution functions of a number (Kolmogorov and Smirnov's), and the total variation
    of categories and classes, in percent. `populationStability` is the population stability index. `missing`, `outOfRange`,
    `newCategories` and `outliers` are percentage points by which the share of such values may exceed that of the reference data.
    """

    distance: Points = 10.0
    population_stability: Annotated[float, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})] = 0.2
    missing: Points = 5.0
    out_of_range: Points = 5.0
    new_categories: Points = 5.0
    outliers: Points = 5.0


class DriftDetector(KubeModel):
    """Without a `reference` it is the model's own, as MLflow knows it. `features` are all, unless some are named.

    A feature, or what is predicted, has drifted where `test` says so with the chance `alpha` of a false alarm in a window, all features
    together (see `correction`), and the `effect` is greater than its margin. Categories and classes have the chi-square test alone.
    `sampleRate` is the share of requests that is looked at. `onDrift` says what becomes of a rollout whose canary this predictor is.
    """

    reference: ReferenceData | None = None
    window: DriftWindow = DriftWindow()
    interval: Duration = "1m"
    features: list[str] = Field(default_factory=list)
    sample_rate: Rate = 1.0
    test: Literal["KolmogorovSmirnov", "ChiSquare"] = "KolmogorovSmirnov"
    effect: Literal["Distance", "PopulationStability"] = "Distance"
    alpha: Annotated[float, Field(gt=0, lt=0.5), WithJsonSchema({"type": "number"})] = 0.05
    correction: Literal["Holm", "BenjaminiHochberg", "None"] = "Holm"
    margins: DriftMargins = DriftMargins()
    on_drift: OnDrift = "Report"
