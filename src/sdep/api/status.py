"""What the operator reports: v1's status fields, and beside them what v1 never said."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sdep.api.base import Int32, KubeModel
from sdep.api.comparison import Comparison
from sdep.api.drift_status import DriftStatus
from sdep.api.experiment_status import ExperimentStatus
from sdep.api.rollout_notify import Phase
from sdep.evidence.evidence import Evidence

State = Literal["Available", "Creating", "Failed"]


class Condition(KubeModel):
    """A kstatus-style condition: `reason` is stable CamelCase, `message` a sentence that says what to do."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""
    last_transition_time: str = ""
    observed_generation: int = 0


class DataVersion(KubeModel):
    """A data set that a model was trained on, by the name and digest with which it was logged, or the version that a tag says."""

    name: str = ""
    digest: str = ""

    @property
    def label(self) -> str:
        return "@".join(part for part in (self.name, self.digest) if part)


class Origin(KubeModel):
    """What a model was made of, as the registry says: the code's commit and repository, the image it was trained in, its data."""

    commit: str = ""
    repository: str = ""
    image: str = ""
    data: list[DataVersion] = Field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.commit or self.repository or self.image or self.data)


class ModelChange(KubeModel):
    """A model that was served before: what it was, when it was replaced and why."""

    name: str = ""
    version: str = ""
    run_id: str = ""
    model_id: str = ""
    artifact_uri: str = ""
    origin: Origin | None = None
    served_since: str = ""
    replaced_at: str
    cause: str


class Pin(KubeModel):
    """One unit's model reference, resolved: what is served until the reference itself says otherwise."""

    predictor: str
    unit: str
    uri: str
    name: str = ""
    version: str = ""
    run_id: str = ""
    model_id: str = ""
    artifact_uri: str
    resolved_at: str = ""
    cause: str = ""
    held: bool = False
    origin: Origin | None = None
    history: list[ModelChange] = Field(default_factory=list)

    @property
    def label(self) -> str:
        """The model in a few characters: `price/3`, or the URI of what has no version."""
        return f"{self.name}/{self.version}" if self.version else self.uri


ReceiverName = Literal["DataHub", "OpenLineage"]


class Told(KubeModel):
    """What a receiver of lineage was last told, and when: `digest` is that of the statement, `models` are those it was told of.

    `runs` are those of OpenLineage that are on, by predictor. While a try that failed may have arrived in part, `digest` is "".
    """

    receiver: ReceiverName
    digest: str
    at: str = ""
    models: list[str] = Field(default_factory=list)
    runs: dict[str, str] = Field(default_factory=dict)


class PredictorStatus(KubeModel):
    """`traffic` is the percentage that is routed now; for a shadow, the percentage that is mirrored."""

    name: str
    traffic: Int32
    requested_traffic: Int32
    shadow: bool = False
    replicas: Int32 = 0
    ready_replicas: Int32 = 0


class DeploymentStatus(KubeModel):
    replicas: Int32 = 0
    available_replicas: Int32 = 0


class ServiceStatus(KubeModel):
    svc_name: str
    http_endpoint: str
    grpc_endpoint: str | None = None


class Address(KubeModel):
    url: str


class Summary(KubeModel):
    """The columns of `kubectl get sdep`."""

    ready: str = ""
    traffic: str = ""
    models: str = ""


class Finding(KubeModel):
    """What one measure says of the canary, and why.

    `estimate` is how much worse it is than the stable predictor, in the unit of the metric's margin, and lies between
    `low` and `high` with the confidence of the analysis; `samples` and `stableSamples` are the requests, or
    predictions, that say so. Of a query `estimate` is the number that Prometheus last answered, `samples` how often it did
    in this step.
    """

    metric: str
    verdict: Literal["Pass", "Fail", "Inconclusive", "NoData"]
    samples: int = 0
    stable_samples: int = 0
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    dry_run: bool = False
    message: str = ""


class Decided(KubeModel):
    """One decision of a rollout: when, by whom (`analysis`, or a person), what and why."""

    at: str
    by: str
    what: str
    why: str = ""


class Measured(KubeModel):
    """What a query has come to in the current step: `measurements` with a number, of which `failures` were bad.

    `errors` is the number of looks without a number since the last with one, and `error` says why. `value` is Prometheus' text.
    """

    measurements: Int32 = 0
    failures: Int32 = 0
    errors: Int32 = 0
    value: str = ""
    verdict: Literal["Pass", "Fail", "Inconclusive", "NoData"] = "NoData"
    error: str = ""


class Collected(KubeModel):
    """The evidence of the current step. `pods` is what each pod told last, by its uid: the next telling counts from there.

    `queries` has the counts of each query by its name. `odds` has, of errors and refusals, how much all looks of the rollout speak
    for some ratios of the odds, as logarithms (`rollout/analysis/odds.py`). `lastLook` is when
    the rollout's last look was taken, "" before.
    """

    since: str = ""
    at: str = ""
    last_look: str = ""
    stable: Evidence = Evidence()
    canary: Evidence = Evidence()
    pods: dict[str, Evidence] = Field(default_factory=dict)
    queries: dict[str, Measured] = Field(default_factory=dict)
    odds: dict[str, list[float]] = Field(default_factory=dict)


class GateAnswer(KubeModel):
    """What a gate said last: the HTTP status, 0 where it gave none, and its own words."""

    name: str
    at: str
    code: Int32 = 0
    message: str = ""

    @property
    def open(self) -> bool:
        return self.code // 100 == 2  # noqa: PLR2004 - 2xx


class RolloutPlace(KubeModel):
    """How far it is: `step` counts from 0; `weight` and `mirror` are the canary's, in percent. `revision` tells one trial from the next.

    `baseline` is the copy of the stable predictor that the canary is compared with, "" where there is none.
    """

    phase: Phase
    reason: str = ""
    message: str = ""
    canary: str
    stable: str
    baseline: str = ""
    revision: str
    step: Int32 = 0
    steps: Int32 = 0
    weight: Int32 = 0
    mirror: Int32 = 0
    started_at: str = ""
    step_started_at: str = ""
    finished_at: str = ""
    command: str = ""
    findings: list[Finding] = Field(default_factory=list)


class RolloutStatus(RolloutPlace):
    """`gates` are answers about what would be next, or about its having been turned back: one that has opened is not asked again."""

    gates: list[GateAnswer] = Field(default_factory=list)
    history: list[Decided] = Field(default_factory=list)
    collected: Collected = Collected()


class Status(KubeModel):
    state: State
    description: str = ""
    observed_generation: int = 0
    replicas: Int32 = 0
    selector: str = ""
    summary: Summary = Summary()
    address: Address | None = None
    predictors: list[PredictorStatus] = Field(default_factory=list)
    models: list[Pin] = Field(default_factory=list)
    rollout: RolloutStatus | None = None
    comparisons: list[Comparison] = Field(default_factory=list)
    drift: list[DriftStatus] = Field(default_factory=list)
    experiment: ExperimentStatus | None = None
    lineage: list[Told] | None = None
    deployment_status: dict[str, DeploymentStatus] = Field(default_factory=dict)
    service_status: dict[str, ServiceStatus] = Field(default_factory=dict)
    conditions: list[Condition] = Field(default_factory=list)
