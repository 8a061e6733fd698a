"""An experiment: predictors that share the traffic as the manifest says, and by what it is told which of them is better."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from sdep.api.base import Count, KubeModel
from sdep.api.duration import Duration
from sdep.api.rollout import Margin

Outcome = Literal["errors", "refusals", "latency", "correct", "absoluteError", "reward"]
"""The first three are of every request; the others of what feedback says of an answer, counted by the model that gave it."""


class ExperimentMetric(KubeModel):
    """One outcome by which arms are compared.

    `errors` and `refusals` are shares of the requests, `correct` is that of the rows whose truth is known, `reward` the mean of rewards
    from 0 to 1: `margin` is in percentage points. `latency` is a quantile (without one 0.9) of seconds, `absoluteError` one (without
    one the median) of distances from the truth: `margin` is in percent of it. A difference within the margin makes no arm better.
    """

    name: Outcome
    margin: Margin | None = None
    quantile: Annotated[float, Field(gt=0, lt=1), WithJsonSchema({"type": "number"})] | None = None


class ExperimentSpec(KubeModel):
    """`predictors` are the arms: without them all that answer clients. Nothing here moves traffic: its shares are theirs.

    An arm wins when it is surely better than every other by the `goal`, and surely not worse by any of the `guardrails`. `alpha` is the
    greatest chance that anything is wrong of all that is ever said to be sure. Nothing is judged before `minSamples` of each
    arm. Without `duration` it goes on until it has a winner.
    """

    predictors: list[str] = Field(default_factory=list)
    goal: ExperimentMetric
    guardrails: list[ExperimentMetric] = Field(
        default_factory=lambda: [ExperimentMetric(name="errors"), ExperimentMetric(name="latency")]
    )
    interval: Duration = "30s"
    alpha: Annotated[float, Field(gt=0, lt=0.5), WithJsonSchema({"type": "number"})] = 0.05
    min_samples: Count = 50
    duration: Duration | None = None

    @property
    def metrics(self) -> list[ExperimentMetric]:
        """The goal first, and guardrails that are not the goal again."""
        return [self.goal, *(metric for metric in self.guardrails if metric.name != self.goal.name)]
