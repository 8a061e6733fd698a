"""What the environment tells the runtime; read once, at the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from sdep.contract import (
    BAKED_FOLDER,
    BAKED_ROOT,
    ENV_BAKED_MODEL,
    ENV_CERT_MOUNT_PATH,
    ENV_DRAIN_SECONDS,
    ENV_GRPC_PORT,
    ENV_HTTP_PORT,
    ENV_PAYLOAD_ENDPOINT,
    ENV_PREDICTOR,
    GRPC_PORT,
    HTTP_PORT,
    TERMINATION_LOG,
    ServedPredictor,
    ServedUnit,
    explainer_service,
    model_directory,
    state_directory,
)
from sdep.errors import InvalidError
from sdep.runtime.tracing.environment import tracing_variables, tracing_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

MEBIBYTE = 1024 * 1024

QUEUE_PER_THREAD = 64
"""Times what a prediction takes, that is the longest that a request waits for a model."""
QUEUE_TO_CONTAINERS = 1000
"""Containers may answer many at once, and have limits of their own."""

SILENT_SECONDS = 50.0
"""How long a container that v1's probes connect to may load before it listens: while nothing listens its pod is not ready.
One that loads for longer must be connected to all the same, or v1's liveness probe, which begins after a minute, would end it."""

ENV_METRICS_PORT = "SDEP_METRICS_PORT"
ENV_WORKERS = "SDEP_WORKERS"
ENV_THREADS = "SDEP_THREADS"
ENV_V1_WORKERS, ENV_V1_THREADS = "GUNICORN_WORKERS", "GUNICORN_THREADS"
"""What v1's servers are told; ours goes before it."""


@dataclass(frozen=True, slots=True)
class Settings:
    predictor: ServedPredictor
    port: int = HTTP_PORT
    grpc_port: int | None = GRPC_PORT
    """0 lets the system choose; None, which an empty variable means, listens nowhere."""
    certificates: Path | None = None
    """The folder of tls.crt and tls.key; None serves in the clear."""
    drain_seconds: float = 5.0
    """How long the pod answers after it was told to stop: as long as routes to it may live on elsewhere."""
    max_body_bytes: int = 64 * MEBIBYTE
    workers: int = 0
    """Processes that serve; 0 leaves the number to what the container may use."""
    queue: int = 0
    """Requests that may wait; 0 leaves the number to what the graph is made of."""
    threads: int = 2
    """Model calls that run side by side; each may use more threads inside its own library.

    Two, so that a long call does not hold up all others. More of them only contend for the interpreter's lock, unless the models
    wait for something else or compute outside of it.
    """
    termination_log: Path = Path(TERMINATION_LOG)
    allowed_origins: str = "*"
    allowed_headers: str = "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, X-CSRF-Token"
    payload_endpoint: str = "http://default-broker"
    """Where payloads of units go whose logger names no address."""
    explainer: str = ""
    """Where explanations come from, as `host:port`; "" is the Service of the predictor's own explainer."""
    tracing: Mapping[str, str] | None = None
    """What the environment lacks of OpenTelemetry's variables; None does not trace."""
    root: Path = Path("/")
    """Where paths of the contract begin; another folder lets a laptop serve without a container."""

    metrics_port: int = 0
    """Where probes and metrics are besides at the main port; 0 is nowhere."""
    baked: Path | None = None
    """The folder of the one model that the image holds; None where init containers bring the models."""

    @property
    def explainer_address(self) -> str:
        """Known whether there is an explainer or not, so that one may come without a pod being replaced."""
        served = self.predictor
        name = explainer_service(served.deployment, served.predictor)
        return self.explainer or f"{name}.{served.namespace}.svc.cluster.local:{served.explainer_port}"

    def units_with_ports(self) -> list[ServedUnit]:
        """Units of this process that answer at a port of their own besides."""
        units = self.predictor.graph.walk()
        return [unit for unit in units if not unit.host and unit.http_port not in {0, self.port}]

    def further_ports(self) -> tuple[int, ...]:
        """All besides the main one, in the order in which they are served."""
        metrics = (self.metrics_port,) if self.scraped_apart else ()
        return (*(unit.http_port for unit in self.units_with_ports()), *metrics)

    @property
    def scraped_apart(self) -> bool:
        return self.metrics_port not in {0, self.port}

    @property
    def inside(self) -> int:
        """Requests that the graph takes at once: those that run and those that wait."""
        remote = any(unit.host for unit in self.predictor.graph.walk())
        return self.threads + (self.queue or (QUEUE_TO_CONTAINERS if remote else QUEUE_PER_THREAD * self.threads))

    def model_directory(self, unit: str) -> Path:
        return self.baked or self.root / model_directory(unit).lstrip("/")

    def state_directory(self, unit: str) -> Path:
        return self.root / state_directory(self.predictor, unit).lstrip("/")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """`InvalidError` names the variable that is missing or wrong."""
    baked = ENV_BAKED_MODEL in environment and ENV_PREDICTOR not in environment
    if baked:
        from sdep.runtime.baked import as_container  # noqa: PLC0415 - few images hold their model

        environment = as_container(environment)
    default = Settings(_predictor(environment))
    port = int(_number(environment, ENV_HTTP_PORT, default.port))
    return Settings(
        predictor=default.predictor,
        port=port,
        grpc_port=_port(environment, ENV_GRPC_PORT, GRPC_PORT if port else 0),
        certificates=Path(mounted) if (mounted := environment.get(ENV_CERT_MOUNT_PATH)) else None,
        drain_seconds=_number(environment, ENV_DRAIN_SECONDS, default.drain_seconds),
        max_body_bytes=int(_number(environment, "SDEP_MAX_BODY_BYTES", default.max_body_bytes)),
        workers=int(_number(environment, _set_name(environment, ENV_WORKERS, ENV_V1_WORKERS), default.workers)),
        queue=int(_number(environment, "SDEP_MAX_QUEUE", default.queue)),
        threads=int(_number(environment, _set_name(environment, ENV_THREADS, ENV_V1_THREADS), default.threads)) or 1,
        termination_log=Path(environment.get("SDEP_TERMINATION_LOG", TERMINATION_LOG)),
        allowed_origins=environment.get("CORS_ALLOWED_ORIGINS", default.allowed_origins),
        allowed_headers=environment.get("CORS_ALLOWED_HEADERS", default.allowed_headers),
        payload_endpoint=environment.get(ENV_PAYLOAD_ENDPOINT) or default.payload_endpoint,
        explainer=environment.get("SDEP_EXPLAINER_ADDRESS", default.explainer),
        tracing=tracing_variables(environment, default.predictor) if tracing_wanted(environment) else None,
        root=Path(environment.get("SDEP_ROOT", "/")),
        metrics_port=int(_number(environment, ENV_METRICS_PORT, default.metrics_port)),
        baked=Path(environment.get("SDEP_ROOT", BAKED_ROOT)) / BAKED_FOLDER if baked else None,
    )


def _predictor(environment: Mapping[str, str]) -> ServedPredictor:
    try:
        return ServedPredictor.model_validate_json(environment.get(ENV_PREDICTOR, ""))
    except ValidationError as error:
        raise InvalidError("InvalidEnvironment", f"{ENV_PREDICTOR} does not hold a predictor: {error}") from error


def _port(environment: Mapping[str, str], name: str, default: int) -> int | None:
    return None if environment.get(name) == "" else int(_number(environment, name, default))


def _set_name(environment: Mapping[str, str], ours: str, v1: str) -> str:
    return v1 if ours not in environment and v1 in environment else ours


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    try:
        number = float(environment.get(name, default))
    except ValueError as error:
        raise InvalidError("InvalidEnvironment", f"{name} is no number: '{environment[name]}'") from error
    if number < 0:
        raise InvalidError("InvalidEnvironment", f"{name} must not be negative: {number}")
    return number
