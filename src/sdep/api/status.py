"""What the operator reports: v1's status fields, and beside them what v1 never said."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sdep.api.base import Int32, KubeModel

State = Literal["Available", "Creating", "Failed"]


class Condition(KubeModel):
    """A kstatus-style condition: `reason` is stable CamelCase, `message` a sentence that says what to do."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""
    last_transition_time: str = ""
    observed_generation: int = 0


class ModelChange(KubeModel):
    """A model that was served before: what it was, when it was replaced and why."""

    name: str = ""
    version: str = ""
    run_id: str = ""
    model_id: str = ""
    artifact_uri: str = ""
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
    history: list[ModelChange] = Field(default_factory=list)

    @property
    def label(self) -> str:
        """The model in a few characters: `price/3`, or the URI of what has no version."""
        return f"{self.name}/{self.version}" if self.version else self.uri


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
    deployment_status: dict[str, DeploymentStatus] = Field(default_factory=dict)
    service_status: dict[str, ServiceStatus] = Field(default_factory=dict)
    conditions: list[Condition] = Field(default_factory=list)
