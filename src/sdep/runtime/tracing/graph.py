"""A span for each unit, with those of its children below it, and one for each call of a container."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.trace import SpanKind

from sdep.runtime.graph.execute import execute
from sdep.runtime.graph.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.watch import Watch
    from sdep.runtime.message import Message
    from sdep.runtime.tracing.tracing import Tracing


def traced(tracing: Tracing, node: Node) -> Node:
    async def enter(message: Message) -> Message:
        with tracing.unit(node.name, SpanKind.INTERNAL, {"seldon.unit": node.name}):
            return await execute(node, message)

    return Node(node.name, enter=enter)


def traced_calls(tracing: Tracing, watch: Watch) -> Watch:
    """Units of this process need no more than their own span."""

    @contextmanager
    def calling(unit: ServedUnit, service: str) -> Iterator[None]:
        peer = {"seldon.unit": unit.name, "server.address": unit.host, "server.port": _port(unit)}
        with watch(unit, service), tracing.unit(f"{unit.name} {service}", SpanKind.CLIENT, peer):
            yield

    return lambda unit, service: calling(unit, service) if unit.host else watch(unit, service)


def _port(unit: ServedUnit) -> int:
    return unit.grpc_port if unit.transport == "grpc" else unit.http_port
