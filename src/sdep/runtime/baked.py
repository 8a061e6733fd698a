"""An image that holds its model, as the container of a unit: who it is, v1's variables of the container say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from sdep.contract import (
    ENV_BAKED_MODEL,
    ENV_GRPC_PORT,
    ENV_HTTP_PORT,
    ENV_PREDICTOR,
    ServedUnit,
)
from sdep.errors import InvalidError
from sdep.runtime.classes.identity import read_identity
from sdep.runtime.classes.parameters import PARAMETERS, read_parameters
from sdep.runtime.settings import ENV_METRICS_PORT

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {
    ENV_HTTP_PORT: "PREDICTIVE_UNIT_HTTP_SERVICE_PORT",
    ENV_GRPC_PORT: "PREDICTIVE_UNIT_GRPC_SERVICE_PORT",
    ENV_METRICS_PORT: "PREDICTIVE_UNIT_METRICS_SERVICE_PORT",
}


def as_container(environment: Mapping[str, str]) -> dict[str, str]:
    """The same environment with what the operator tells a runtime of its own. `InvalidError` names a variable that cannot be read."""
    identity, unit = read_identity(environment), _unit(environment)
    told = {
        "name": identity.unit or unit.name,
        "image": identity.image,
        "parameters": read_parameters(environment.get(PARAMETERS) or "[]") or unit.parameters,
    }
    predictor = identity.alone(unit.model_copy(update=told))
    ports = {ours: environment[v1] for ours, v1 in _PORTS.items() if v1 in environment}
    return {**ports, **environment, ENV_PREDICTOR: predictor.model_dump_json(exclude_defaults=True)}


def _unit(environment: Mapping[str, str]) -> ServedUnit:
    try:
        return ServedUnit.model_validate_json(environment[ENV_BAKED_MODEL])
    except ValidationError as error:
        raise InvalidError("InvalidEnvironment", f"{ENV_BAKED_MODEL} does not hold a unit: {error}") from error
