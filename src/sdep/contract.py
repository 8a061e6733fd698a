"""The words that the operator writes into a pod and the runtime reads there.

Both programs import this module and neither imports the other: a port, a path or a variable has its one definition here.
Names that users of Seldon Core v1 know (container, ports, variables, label keys) are kept.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HTTP_PORT = 8000

ENGINE_CONTAINER = "seldon-container-engine"
MODELS_ROOT = "/mnt/models"
TERMINATION_LOG = "/dev/termination-log"

PREDICTIONS_PATH = "/api/v1.0/predictions"
READY_PATH = "/ready"
LIVE_PATH = "/live"
METRICS_PATH = "/prometheus"

ENV_PREDICTOR = "SDEP_PREDICTOR"
"""The predictor as JSON: a `ServedPredictor`."""
ENV_DRAIN_SECONDS = "SDEP_DRAIN_SECONDS"
"""How long a pod that is told to stop still answers, so that every route to it has been taken away first."""

UnitType = Literal["MODEL", "ROUTER", "COMBINER", "TRANSFORMER", "OUTPUT_TRANSFORMER"]


def model_directory(unit: str) -> str:
    """Where the init container of `unit` leaves the model, and where the runtime reads it."""
    return f"{MODELS_ROOT}/{unit}"


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServedModel(_Wire):
    """What a metric or a log line says of the model behind a unit: the registered name (or URI) and its version ("" if none)."""

    name: str
    version: str = ""


class ServedParameter(_Wire):
    """A unit's parameter as the manifest has it: the value is text, `type` says how to read it."""

    name: str
    value: str
    type: str


class ServedUnit(_Wire):
    """One graph node. `model` is set where a model was downloaded for it (see `model_directory`)."""

    name: str
    type: UnitType = "MODEL"
    implementation: str = ""
    model: ServedModel | None = None
    parameters: tuple[ServedParameter, ...] = ()
    host: str = ""
    """Host of a custom container's microservice; "" for a unit that the runtime itself runs."""
    http_port: int = 0
    image: str = ""
    children: tuple[ServedUnit, ...] = ()


class ServedPredictor(_Wire):
    """All that a predictor's pod needs to know of its manifest; traffic and replicas are left out, so that they never restart a pod."""

    deployment: str
    namespace: str
    predictor: str
    version: str = Field(default="", description="the pod's `version` label; the metric label predictor_version")
    protocol: str = "seldon"
    graph: ServedUnit


class FetchFailure(_Wire):
    """What a model download that failed leaves as the container's termination message, for the operator to read."""

    reason: Literal["ModelNotFound", "AccessDenied", "StorageUnreachable", "DownloadFailed"]
    message: str
