"""An OTLP collector for tests: takes spans over HTTP as protobuf and keeps them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.unit.runtime.listening import listening


class Span(NamedTuple):
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    service: str


class Collector:
    def __init__(self) -> None:
        self.port = 0
        self.spans: list[Span] = []

    def wait(self, count: int) -> list[Span]:
        """Until so many spans came."""
        deadline = time.monotonic() + 30
        while len(self.spans) < count:
            assert time.monotonic() < deadline, self.spans
            time.sleep(0.02)
        return self.spans

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _attributes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                    self.spans.append(Span(span.name, span.kind, *ids, _attributes(span.attributes), service))


def _attributes(pairs: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf's
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            found.take(self.rfile.read(int(self.headers["content-length"])))
            content = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Tests say what they have to say."""

    with listening(Handler) as found.port:
        yield found
