"""Our runtime as the container of one unit: where a prepackaged unit does not share the engine's pod, or there is no engine."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.contract import ENV_GRPC_PORT, ENV_HTTP_PORT
from sdep.layout.place import PlacedContainer
from sdep.plan import Plan
from sdep.render.runtime import runtime_container
from sdep.render.served import served, served_alone


def server_container(plan: Plan, predictor: Predictor, placed: PlacedContainer) -> dict[str, Any]:
    ports = {"http": placed.ports.http, "grpc": placed.ports.grpc}
    told = served(plan, predictor, served_alone(plan, predictor, placed))
    container = runtime_container(plan, placed.name, told, ports, [placed])
    listening = {ENV_HTTP_PORT: str(placed.ports.http), ENV_GRPC_PORT: str(placed.ports.grpc)}
    container["env"] += [{"name": name, "value": value} for name, value in listening.items()]
    return container
