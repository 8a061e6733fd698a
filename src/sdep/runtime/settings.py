"""What the environment tells the runtime; read once, at the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from sdep.contract import (
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
    model_directory,
    state_directory,
)
from sdep.errors import InvalidError
from sdep.runtime.tracing.environment import tracing_variables, tracing_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

MEBIBYTE = 1024 * 1024


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
    threads: int = 4
    """Model calls that run side by side; each may use more threads inside its own library."""
    termination_log: Path = Path(TERMINATION_LOG)
    allowed_origins: str = "*"
    allowed_headers: str = "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, X-CSRF-Token"
    payload_endpoint: str = "http://default-broker"
    """Where payloads of units go whose logger names no address."""
    tracing: Mapping[str, str] | None = None
    """What the environment lacks of OpenTelemetry's variables; None does not trace."""
    root: Path = Path("/")
    """Where paths of the contract begin; another folder lets a laptop serve without a container."""

    def model_directory(self, unit: str) -> Path:
        return self.root / model_directory(unit).lstrip("/")

    def state_directory(self, unit: str) -> Path:
        return self.root / state_directory(self.predictor, unit).lstrip("/")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """`InvalidError` names the variable that is missing or wrong."""
    default = Settings(_predictor(environment))
    port = int(_number(environment, ENV_HTTP_PORT, default.port))
    return Settings(
        predictor=default.predictor,
        port=port,
        grpc_port=_port(environment, ENV_GRPC_PORT, GRPC_PORT if port else 0),
        certificates=Path(mounted) if (mounted := environment.get(ENV_CERT_MOUNT_PATH)) else None,
        drain_seconds=_number(environment, ENV_DRAIN_SECONDS, default.drain_seconds),
        max_body_bytes=int(_number(environment, "SDEP_MAX_BODY_BYTES", default.max_body_bytes)),
        threads=int(_number(environment, "SDEP_THREADS", default.threads)),
        termination_log=Path(environment.get("SDEP_TERMINATION_LOG", TERMINATION_LOG)),
        allowed_origins=environment.get("CORS_ALLOWED_ORIGINS", default.allowed_origins),
        allowed_headers=environment.get("CORS_ALLOWED_HEADERS", default.allowed_headers),
        payload_endpoint=environment.get(ENV_PAYLOAD_ENDPOINT) or default.payload_endpoint,
        tracing=tracing_variables(environment, default.predictor) if tracing_wanted(environment) else None,
        root=Path(environment.get("SDEP_ROOT", "/")),
    )


def _predictor(environment: Mapping[str, str]) -> ServedPredictor:
    try:
        return ServedPredictor.model_validate_json(environment.get(ENV_PREDICTOR, ""))
    except ValidationError as error:
        raise InvalidError("InvalidEnvironment", f"{ENV_PREDICTOR} does not hold a predictor: {error}") from error


def _port(environment: Mapping[str, str], name: str, default: int) -> int | None:
    return None if environment.get(name) == "" else int(_number(environment, name, default))


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    try:
        number = float(environment.get(name, default))
    except ValueError as error:
        raise InvalidError("InvalidEnvironment", f"{name} is no number: '{environment[name]}'") from error
    if number < 0:
        raise InvalidError("InvalidEnvironment", f"{name} must not be negative: {number}")
    return number
