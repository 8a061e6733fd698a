"""The inference graph: units and what they are made of."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from sdep.api.base import Int32, KubeModel
from sdep.built_in import BUILT_IN, LEARNING

UNKNOWN_IMPLEMENTATION = "UNKNOWN_IMPLEMENTATION"
"""v1's word for "a container of the unit's name serves this"."""

MLFLOW_SERVER = "MLFLOW_SERVER"

SERVED = frozenset({MLFLOW_SERVER, "SKLEARN_SERVER", "XGBOOST_SERVER"})
"""Prepackaged servers that the runtime is."""

KNOWN_SERVERS = SERVED | {"TENSORFLOW_SERVER", "TRITON_SERVER", "HUGGINGFACE_SERVER", "TEMPO_SERVER"}
"""Prepackaged servers that v1 shipped."""

UnitPath = tuple[str, ...]
"""Names from the predictor down to the unit: unique in a SeldonDeployment once defaults are filled in."""

PAYLOAD_MODES = frozenset({"all", "request", "response"})
"""What a unit's logger may be told to log."""


class Endpoint(KubeModel):
    service_host: str | None = Field(None, alias="service_host")
    service_port: Int32 | None = Field(None, alias="service_port")
    type: str | None = None
    http_port: Int32 | None = None
    grpc_port: Int32 | None = None


class Parameter(KubeModel):
    name: str
    value: str
    type: str


class Logger(KubeModel):
    url: str | None = None
    mode: str | None = None


class Unit(KubeModel):
    """A graph node. `name` and `implementation` may be left out where `modelUri` says what the unit is."""

    name: str | None = None
    type: str | None = None
    implementation: str | None = None
    methods: list[str] | None = None
    endpoint: Endpoint | None = None
    parameters: list[Parameter] | None = None
    model_uri: str | None = None
    service_account_name: str | None = None
    env_secret_ref_name: str | None = None
    storage_initializer_image: str | None = None
    logger: Logger | None = None
    children: list[Unit] | None = None

    def walk(self) -> Iterator[Unit]:
        """This unit and all below it, parents first."""
        yield self
        for child in self.children or ():
            yield from child.walk()

    @property
    def is_prepackaged(self) -> bool:
        """Served by the runtime from a downloaded model: any implementation that is neither built in nor a container's."""
        return bool(self.implementation) and self.implementation not in {*BUILT_IN, UNKNOWN_IMPLEMENTATION}

    @property
    def is_built_in(self) -> bool:
        return self.implementation in BUILT_IN

    @property
    def learns(self) -> bool:
        """Whether it is a router that keeps what feedback taught it."""
        return self.implementation in LEARNING
