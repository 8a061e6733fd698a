"""What the operator reports of an experiment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sdep.api.base import Int32, KubeModel
from sdep.evidence.evidence import Evidence

Verdict = Literal["Better", "Worse", "Alike", "Inconclusive", "NoData"]


class ArmStatus(KubeModel):
    """One predictor of an experiment: what it serves, and what was counted since the experiment began.

    Latencies are in seconds; `medianError` is the median distance of its numbers from the truth, `meanReward` lies from 0 to 1.
    """

    name: str
    models: list[str] = Field(default_factory=list)
    requests: Int32 = 0
    errors: Int32 = 0
    refusals: Int32 = 0
    latency_p50: float | None = None
    latency_p90: float | None = None
    latency_p99: float | None = None
    correct: Int32 = 0
    incorrect: Int32 = 0
    median_error: float | None = None
    rewards: Int32 = 0
    mean_reward: float | None = None


class PairFinding(KubeModel):
    """What one metric says of one arm beside another, the `reference`.

    `estimate` is how much worse the arm is, in the unit of the metric's margin, and lies between `low` and `high`: less than nothing
    is better. `Alike` is surely no further apart than the `margin`. Samples are requests, rows with a truth, or rewards.
    """

    metric: str
    arm: str
    reference: str
    verdict: Verdict
    samples: Int32 = 0
    reference_samples: Int32 = 0
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float = 0.0
    message: str = ""


class ArmsEvidence(KubeModel):
    """The evidence of each arm. `pods` is what each pod told last, by its uid: the next telling counts from there."""

    since: str = ""
    at: str = ""
    arms: dict[str, Evidence] = Field(default_factory=dict)
    pods: dict[str, Evidence] = Field(default_factory=dict)


class ExperimentPlace(KubeModel):
    """`winner` is empty until one arm is better beyond doubt. `revision` tells this experiment from one with other arms or metrics."""

    phase: Literal["Running", "Decided", "Ended"]
    reason: str
    message: str = ""
    winner: str = ""
    goal: str = ""
    revision: str = ""
    started_at: str = ""
    finished_at: str = ""
    arms: list[ArmStatus] = Field(default_factory=list)
    findings: list[PairFinding] = Field(default_factory=list)


class ExperimentStatus(ExperimentPlace):
    collected: ArmsEvidence = ArmsEvidence()
