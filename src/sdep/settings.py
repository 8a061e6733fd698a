"""The operator's settings: read once at the start, passed as an argument from then on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json

PREFIX = "SDEP_"


def _text_to_list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


TextList = Annotated[tuple[str, ...], BeforeValidator(_text_to_list)]


class OperatorSettings(BaseModel):
    """Each field is the environment variable SDEP_<NAME>; the chart's values set them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime_image: str
    runtime_image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    runtime_user: int = 8888
    engine_resources: Json[dict[str, Any]] | dict[str, Any] = Field(
        default_factory=lambda: {"requests": {"cpu": "100m", "memory": "256Mi"}}
    )
    initializer_resources: Json[dict[str, Any]] | dict[str, Any] = Field(
        default_factory=lambda: {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
    )
    default_env_secret: str = Field("", description="secret for units that name none in envSecretRefName")

    mlflow_tracking_uri: str = ""
    resolve_interval_seconds: float = Field(10.0, gt=0, description="how often a moved alias or stage is looked for")
    registry_timeout_seconds: float = Field(5.0, gt=0)

    istio_enabled: bool = True
    istio_gateway: str = "istio-system/seldon-gateway"
    traffic_policy: Literal["lenient", "strict"] = Field(
        "lenient", description="strict refuses weights that do not sum to 100, as v1 does"
    )
    drain_seconds: int = Field(5, ge=0, description="how long a stopping pod still answers")

    namespaces: TextList = Field((), description="namespaces to watch; none means all")
    workers: int = Field(4, ge=1)
    probe_port: int = 8080
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def from_environment(environment: Mapping[str, str]) -> OperatorSettings:
    """Settings from SDEP_* variables; empty ones keep the default. Raises pydantic's ValidationError naming each bad one."""
    given = {name: environment.get(PREFIX + name.upper(), "") for name in OperatorSettings.model_fields}
    return OperatorSettings.model_validate({name: value for name, value in given.items() if value})
