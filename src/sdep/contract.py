"""The words that the operator writes into a pod and the runtime reads there.

Both programs import this module and neither imports the other: a port, a path or a variable has its one definition here.
Names that users of Seldon Core v1 know (container, ports, variables, label keys) are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

HTTP_PORT = 8000
GRPC_PORT = 5001

FIRST_HTTP_PORT, FIRST_GRPC_PORT, FIRST_METRICS_PORT = 9000, 9500, 6000
"""The ports of the first container of a unit; later containers count on from them."""

ENGINE_CONTAINER = "seldon-container-engine"
MODELS_ROOT = "/mnt/models"
STATE_ROOT = "/mnt/state"
"""What routers have learned: a volume that a container's restart leaves alone."""
TERMINATION_LOG = "/dev/termination-log"

PREDICTIONS_PATH = "/api/v1.0/predictions"
READY_PATH = "/ready"
LIVE_PATH = "/live"
METRICS_PATH = "/prometheus"
METADATA_PATH = "/api/v1.0/metadata"
SIGNATURE = "signature"
"""In a unit's metadata, under v1's `custom`: its inputs as JSON in MLflow's words, where `inputs` is too coarse."""
INPUT_EXAMPLE_FAILED = "inputExampleFailed"
"""There too: why the model could not answer the input example that was saved with it; absent where it could."""

ENV_PREDICTOR = "SDEP_PREDICTOR"
"""The predictor as JSON: a `ServedPredictor`."""
ENV_DRAIN_SECONDS = "SDEP_DRAIN_SECONDS"
"""How long a pod that is told to stop still answers, so that every route to it has been taken away first."""

ENV_BAKED_MODEL = "SDEP_BAKED_MODEL"
"""Of an image that holds its model: the unit as JSON, a `ServedUnit`. What else there is to know, v1's variables of a container say."""
BAKED_ROOT = "/baked"
"""Where such an image has its model, in the folder BAKED_FOLDER, and what serves it."""
BAKED_FOLDER = "model"

ENV_HTTP_PORT = "SDEP_HTTP_PORT"
ENV_GRPC_PORT = "SDEP_GRPC_PORT"
"""Where the runtime listens, if not at HTTP_PORT and GRPC_PORT: it serves one unit there, as that unit's container."""
ENV_CERT_MOUNT_PATH = "SELDON_CERT_MOUNT_PATH"
"""The folder with tls.crt and tls.key; where it is set, the engine speaks TLS."""
CERT_MOUNT_PATH = "/cert/"

ENV_CACHE = "SDEP_CACHE"
"""A folder for what later containers, and other pods, need not fetch or make again: artifacts and environments."""
ENV_CACHE_LIMIT = "SDEP_CACHE_LIMIT"
"""Bytes that the folder may hold, less what is in use; without it nothing is deleted."""
CACHE_MOUNT = "/var/cache/sdep"
"""Where that folder is in a pod."""
ENV_ENVIRONMENT = "SDEP_ENVIRONMENT"
"""What is done where a model asks for other packages than the image has: an `EnvironmentPolicy`; "" asks nothing."""
EnvironmentPolicy = Literal["image", "make", "require"]
"""Serve it by the image's all the same and say so; make an environment; do not serve it."""

ENV_REFERENCE = "SDEP_REFERENCE"
"""Of a model's init container: the URI of the data that the model is compared with and explained by, or LOGGED_REFERENCE."""
LOGGED_REFERENCE = "model"
"""What MLflow knows of it: an artifact of the model's run, its data sets, or the model's input example."""

ENV_DOWNLOAD_STREAMS = "SDEP_DOWNLOAD_STREAMS"
"""How many pieces of a model are downloaded at once."""
ENV_PAYLOAD_ENDPOINT = "REQUEST_LOGGER_DEFAULT_ENDPOINT"
"""Where payloads go whose unit names no `logger.url`."""

OPEN_INFERENCE = frozenset({"v2", "kfserving"})
"""The two names of the Open Inference Protocol."""

PARAMETER_METHODS = ("predict_method", "method")
"""Parameters of a model that name what it is asked for; the first that is given counts."""
PARAMETER_XTYPE = "xtype"
PARAMETER_BATCH_SIZE, PARAMETER_BATCH_SECONDS = "max_batch_size", "max_batch_time"
MODEL_PARAMETERS = frozenset({*PARAMETER_METHODS, PARAMETER_XTYPE, PARAMETER_BATCH_SIZE, PARAMETER_BATCH_SECONDS})
"""All that the runtime reads of a model's parameters, beside the tolerances of any unit."""

EXPLAINER_PORT = 9000
EXPLAIN_PATH = "/api/v1.0/explain"
EXAMPLE_PATH = "/api/v1.0/explanations/example"
"""Where our explainer explains a row of its own choice."""
ENV_EXPLAINER = "SDEP_EXPLAINER"
"""An explainer as JSON: a `ServedExplainer`."""
ENV_REFERENCE_REQUIRED = "SDEP_REFERENCE_REQUIRED"
"""Of an init container with reference data: set where what follows is nothing without it, so that a lack of it is a failure."""
EXPLAINERS = frozenset(
    {
        "AnchorTabular",
        "KernelShap",
        "TreeShap",
        "LimeTabular",
        "PermutationImportance",
        "ALE",
        "IntegratedGradients",
        "Counterfactuals",
    }
)
"""Types of explainers that the runtime does itself."""
NEED_NO_REFERENCE = frozenset({"TreeShap", "IntegratedGradients"})
"""Those among them that can do without data."""

LONGEST_NAME = 63
"""Characters of a Service's name, and of a label's value."""

UnitType = Literal["MODEL", "ROUTER", "COMBINER", "TRANSFORMER", "OUTPUT_TRANSFORMER", "UNKNOWN_TYPE"]


def model_directory(unit: str) -> str:
    """Where the init container of `unit` leaves the model, and where the runtime reads it."""
    return f"{MODELS_ROOT}/{unit}"


def explainer_service(deployment: str, predictor: str) -> str:
    """The Service of a predictor's explainer, and its Deployment; v1's name."""
    return fitted(f"{deployment}-{predictor}-explainer")


def fitted(name: str) -> str:
    """A name within 63 characters: a longer one becomes `seldon-` and its MD5, as in v1."""
    return name if len(name) <= LONGEST_NAME else f"seldon-{shortened(name)}"


def shortened(name: str) -> str:
    """The MD5 of a name, in 32 characters."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


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


class ServedLogger(_Wire):
    """Where a unit's payloads go as CloudEvents; without a `url` to ENV_PAYLOAD_ENDPOINT."""

    url: str = ""
    mode: Literal["all", "request", "response"]


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
    """The port of that host; of a unit that the runtime itself runs, the port at which it answers for this unit alone."""
    grpc_port: int = 0
    transport: Literal["rest", "grpc"] = "rest"
    """How the runtime calls the unit."""
    methods: tuple[str, ...] = ()
    """v1's names of the calls that the unit answers, such as TRANSFORM_INPUT; () leaves it to the type."""
    image: str = ""
    logger: ServedLogger | None = None
    children: tuple[ServedUnit, ...] = ()

    @property
    def identity(self) -> str:
        """Its name in `meta.requestPath`: the model with its version, in the place of v1's image with its tag."""
        if self.model is None:
            return self.image
        return f"{self.model.name}:{self.model.version}" if self.model.version else self.model.name

    def walk(self) -> Iterator[ServedUnit]:
        """The unit and all below it, parents before children."""
        yield self
        for child in self.children:
            yield from child.walk()


class ServedDrift(_Wire):
    """What is watched of the predictor's inputs: the features named, or all, of this share of its requests.

    `unit` is the one in whose folder the reference data is.
    """

    unit: str
    features: tuple[str, ...] = ()
    sample_rate: float = 1.0


class ServedPredictor(_Wire):
    """All that a predictor's pod needs to know of its manifest; traffic and replicas are left out, so that they never restart a pod."""

    deployment: str
    namespace: str
    predictor: str
    version: str = Field(default="", description="the pod's `version` label; the metric label predictor_version")
    protocol: str = "seldon"
    rest_timeout_ms: int = 0
    grpc_timeout_ms: int = 0
    """How long a call of a unit in a container may take; 0 for the runtime's default."""
    payload_queue_size: int = 0
    """Payloads that may wait for their receiver; 0 for the runtime's default."""
    payload_timeout_ms: int = 0
    """How long a receiver may take for one payload; 0 for the runtime's default."""
    drift: ServedDrift | None = None
    explainer_port: int = EXPLAINER_PORT
    """Where the predictor's explainer listens, if it has one."""
    graph: ServedUnit


class ServedExplainer(_Wire):
    """All that an explainer's pod needs to know of its manifest. A directory is "" where nothing was fetched."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    type: str
    model: str
    """The root unit of the graph."""
    predictor: str
    """The predictor's own address, as `http://host:port`."""
    protocol: str = "seldon"
    port: int = EXPLAINER_PORT
    config: dict[str, str] = Field(default_factory=dict)
    implementation: str = ""
    parameters: tuple[ServedParameter, ...] = ()
    """How the predictor serves the model in the directory; "" leaves that to what is in there."""
    model_directory: str = ""
    explainer_directory: str = ""


def state_directory(predictor: ServedPredictor, unit: str) -> str:
    """Where a unit keeps what it learns. A volume may be that of many predictors, and a built-in unit's name be any text."""
    return f"{STATE_ROOT}/{predictor.deployment}/{predictor.predictor}/unit-{quote(unit, safe='')[:200]}"


class FetchFailure(_Wire):
    """What a model download that failed leaves as the container's termination message, for the operator to read."""

    reason: Literal[
        "ModelNotFound",
        "AccessDenied",
        "StorageUnreachable",
        "DownloadFailed",
        "EnvironmentDiffers",
        "EnvironmentNotMade",
        "ReferenceNotFound",
    ]
    message: str


class FetchReport(_Wire):
    """What a download that succeeded leaves there, where there is something to say of how the model will be served."""

    reason: Literal["EnvironmentDiffers", "EnvironmentMade"]
    message: str
