"""Spans of one predictor, from the request in to the calls of its containers, and their way to a collector."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import context as contexts
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from sdep.runtime.graph.call import CALL
from sdep.runtime.log import correlate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdep.contract import ServedPredictor


class Tracing:
    """`close` sends what is left."""

    def __init__(self, predictor: ServedPredictor) -> None:
        owner = {
            "k8s.namespace.name": predictor.namespace,
            "seldon.deployment": predictor.deployment,
            "seldon.predictor": predictor.predictor,
        }
        self._provider = TracerProvider(resource=Resource.create(owner), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("sdep.runtime")

    @contextmanager
    def request(self, name: str, headers: Mapping[str, str], attributes: Mapping[str, Any]) -> Iterator[None]:
        """A client's request: the child of the span that its headers name, if they name one."""
        parent = propagate.extract(headers, context=contexts.Context())
        with self._tracer.start_as_current_span(name, parent, SpanKind.SERVER, attributes):
            yield

    @contextmanager
    def unit(self, name: str, kind: SpanKind, attributes: Mapping[str, Any]) -> Iterator[None]:
        """A part of the graph; the containers that it calls are told of it in place of what the client sent."""
        with self._tracer.start_as_current_span(name, kind=kind, attributes=attributes):
            call = CALL.get()
            headers = dict(call.headers)
            propagate.inject(headers)
            token = CALL.set(call._replace(headers=headers))
            try:
                yield
            finally:
                CALL.reset(token)

    def close(self, seconds: float) -> None:
        """Blocks."""
        self._provider.force_flush(int(seconds * 1000))
        self._provider.shutdown()


def start(predictor: ServedPredictor) -> Tracing:
    """Log lines of a traced request name its trace from now on."""
    correlate(_trace)
    return Tracing(predictor)


def _trace() -> dict[str, str]:
    found = trace.get_current_span().get_span_context()
    return {"trace_id": trace.format_trace_id(found.trace_id)} if found.is_valid else {}


def answered(attributes: Mapping[str, Any], name: str = "", *, bad: bool = False) -> None:
    """Say of the span of this task how its request ended; `name` has no part that a client chooses."""
    span = trace.get_current_span()
    span.set_attributes(attributes)
    if name:
        span.update_name(name)
    if bad:
        span.set_status(Status(StatusCode.ERROR))
