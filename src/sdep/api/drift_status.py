"""What a drift detector has found, in the status."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sdep.api.base import Int32, KubeModel


class DriftFinding(KubeModel):
    """One feature, kind of prediction, or the outlier score (`kind`, `name`) in the last whole window, beside the reference data.

    `distance` is in percent, `populationStability` an index, `pValue` the test's, after the correction. `missing`, `outOfRange` and
    `newCategories` are shares in percent; of the outlier score `outliers` is. `drifted` and `degraded` say which of it counts.
    """

    kind: Literal["feature", "prediction", "outlier"]
    name: str
    drifted: bool = False
    degraded: bool = False
    rows: Int32 = 0
    p_value: float | None = None
    distance: float | None = None
    population_stability: float | None = None
    missing: float = 0.0
    out_of_range: float = 0.0
    new_categories: float = 0.0
    outliers: float | None = None
    message: str = ""


class DriftJudged(KubeModel):
    """One whole window: when it began and ended, how many rows it had, how many series had drifted, and which was furthest away."""

    since: str
    at: str
    rows: Int32 = 0
    drifted: Int32 = 0
    degraded: Int32 = 0
    furthest: str = ""
    distance: float = 0.0


class DriftStatus(KubeModel):
    """Of one predictor. `reason` and `message` are the condition's. `findings` are of the last whole window, the worst first.

    `counts` are those of the window that `since` began, by series, as text; `windows` the latest whole ones, newest first.
    """

    predictor: str
    reason: str = "Collecting"
    message: str = ""
    reference: str = ""
    since: str = ""
    at: str = ""
    rows: Int32 = 0
    counts: dict[str, str] = Field(default_factory=dict)
    findings: list[DriftFinding] = Field(default_factory=list)
    windows: list[DriftJudged] = Field(default_factory=list)
