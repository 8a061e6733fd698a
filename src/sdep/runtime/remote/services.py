"""The way to each container of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.contract import OPEN_INFERENCE
from sdep.runtime.errors import LoadError
from sdep.runtime.remote.reach import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.contract import ServedPredictor, ServedUnit
    from sdep.runtime.graph.remote import Microservice
    from sdep.runtime.remote.rest import RestService
    from sdep.runtime.remote.rpc import RpcService

DEFAULT_SECONDS = 60.0
"""How long a call may take where no annotation says it. v1 waits for ever, and so do those who wait for it."""


def services(predictor: ServedPredictor, units: Sequence[ServedUnit]) -> dict[str, Microservice]:
    """By unit name, in the words of the predictor's protocol. Each transport is imported only where a unit asks for it."""
    found: dict[str, Microservice] = {}
    for unit in units:
        if not address(unit)[1]:
            raise LoadError(unit.name, f"it has the host '{unit.host}', and no port for {unit.transport}")
    rest = [unit for unit in units if unit.transport == "rest"]
    if rest:
        from sdep.runtime.remote.rest import make_client  # noqa: PLC0415

        client, seconds = make_client(), _seconds(predictor.rest_timeout_ms)
        made = _rest(predictor.protocol)
        found |= {unit.name: made(unit, client, seconds) for unit in rest}
    if len(rest) < len(units):
        seconds = _seconds(predictor.grpc_timeout_ms)
        spoken = _rpc(predictor.protocol)
        found |= {unit.name: spoken(unit, seconds) for unit in units if unit.transport == "grpc"}
    return found


def _rest(protocol: str) -> type[RestService]:
    if protocol in OPEN_INFERENCE:
        from sdep.runtime.remote.open_inference import OpenInferenceService  # noqa: PLC0415

        return OpenInferenceService
    if protocol == "tensorflow":
        from sdep.runtime.remote.tensorflow import TensorflowService  # noqa: PLC0415

        return TensorflowService
    from sdep.runtime.remote.rest import RestService  # noqa: PLC0415

    return RestService


def _rpc(protocol: str) -> type[RpcService]:
    if protocol in OPEN_INFERENCE:
        from sdep.runtime.remote.open_inference_rpc import OpenInferenceRpcService  # noqa: PLC0415

        return OpenInferenceRpcService
    if protocol == "tensorflow":
        from sdep.runtime.remote.tensorflow_rpc import TensorflowRpcService  # noqa: PLC0415

        return TensorflowRpcService
    from sdep.runtime.remote.rpc import RpcService  # noqa: PLC0415

    return RpcService


def _seconds(milliseconds: int) -> float:
    return milliseconds / 1000 or DEFAULT_SECONDS
