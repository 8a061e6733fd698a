"""A rollout: how a canary gets its traffic step by step, and by what it is judged on the way."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from sdep.api.base import Count, KubeModel
from sdep.api.duration import Duration
from sdep.api.freeze import FreezeWindow
from sdep.api.query import Query
from sdep.api.rollout_gates import Gate
from sdep.api.rollout_notify import Notify

Percent = Annotated[
    int, Field(strict=True, ge=0, le=100), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 100})
]
Margin = Annotated[float, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]

Measure = Literal["errors", "refusals", "latency", "predictions"]
"""What the runtimes themselves tell of every predictor."""
CANARY_SUFFIX, BASELINE_SUFFIX = "-canary", "-baseline"
"""The names of a canary and of a baseline that are made of a predictor: the predictor's, and this."""
PredictionDistance = Literal[
    "KolmogorovSmirnov", "Wasserstein", "PopulationStabilityIndex", "TotalVariation", "ChiSquare", "JensenShannon"
]
"""The first three are of numbers, the others of classes; numbers of ten values at most are classes too."""
Policy = Literal["Hold", "RollBack", "Continue"]


class Step(KubeModel):
    """Either a weight, in percent of what canary and stable get together, or a mirror: so many percent are copied to the canary.

    `duration` is how long the step lasts at least; with `approval` it lasts until somebody promotes it.
    """

    weight: Percent | None = None
    mirror: Percent | None = None
    duration: Duration = "1m"
    approval: Literal["Automatic", "Manual"] = "Automatic"


class Metric(KubeModel):
    """One measure by which the canary is compared with the stable predictor.

    `margin` is how much worse it may be: of errors and refusals in percentage points, of latency in percent of the stable
    predictor's quantile, of predictions in hundredths of `distance`. Without one the measure's own is taken. `distance` says how
    the two distributions of predictions are compared: without it numbers by KolmogorovSmirnov, classes by TotalVariation. Wasserstein
    is in percent of the stable predictor's interquartile range. A `dryRun` is judged and changes nothing.
    """

    name: Measure
    margin: Margin | None = None
    quantile: Annotated[float, Field(gt=0, lt=1), WithJsonSchema({"type": "number"})] = 0.99
    distance: PredictionDistance | None = None
    dry_run: bool = False


class Analysis(KubeModel):
    """`alpha` is the greatest chance, in all looks of a whole rollout together, to turn back a canary that is no worse.

    Nothing is judged before `minRequests` of each predictor, nor of the first `delay` of a step, while caches are cold. A
    step in which nothing failed goes on when its time is over. The last one waits up to `maxDuration` until every metric has
    passed; then half of `alpha` is spent on one last look, and what that leaves open is done as `inconclusive` says. Any step waits
    as long for `minRequests`, and does then what `noData` says.
    `source` is what tells errors, refusals and latency: the engines, or the Prometheus of the installation that scrapes them.
    `queries` are asked of the Prometheus that the installation names. `signature` says whether a canary is sent requests whose
    models take other inputs than the stable predictor's, and `inputExample` whether one is that fails the input example saved with it.
    `baseline` is with what the canary is compared: the stable predictor as it runs, or a fresh copy of it that is made for the trial,
    as large as the canary and with the same share of the traffic.
    """

    interval: Duration = "10s"
    delay: Duration = "0s"
    alpha: Annotated[float, Field(gt=0, lt=0.5), WithJsonSchema({"type": "number"})] = 0.05
    min_requests: Count = 50
    max_duration: Duration = "30m"
    source: Literal["Engine", "Prometheus"] = "Engine"
    no_data: Policy = "Hold"
    inconclusive: Policy = "Continue"
    metrics: list[Metric] = Field(
        default_factory=lambda: [Metric(name="errors"), Metric(name="refusals"), Metric(name="latency")]
    )
    queries: list[Query] = Field(default_factory=list)
    signature: Literal["Check", "Ignore"] = "Check"
    input_example: Literal["Check", "Ignore"] = "Check"
    baseline: Literal["Running", "Fresh"] = "Running"


class RolloutSpec(KubeModel):
    """`canary` names the predictor on trial. Without it a model that moves in the registry is: a canary is made of `stable`.

    `stable` is the predictor that it is compared with: without it the first live one that is not the canary. In a `freeze` no step
    is entered and nothing is promoted; a canary that does worse is turned back all the same.
    """

    canary: str | None = None
    stable: str | None = None
    steps: list[Step] = Field(default_factory=lambda: [Step(weight=5), Step(weight=25), Step(weight=50)])
    analysis: Analysis = Analysis()
    gates: list[Gate] = Field(default_factory=list)
    freeze: list[FreezeWindow] = Field(default_factory=list)
    notify: list[Notify] = Field(default_factory=list)
