"""Tracing: what a real collector gets of requests to the program, and what containers are told."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import grpc
import pytest

from sdep.contract import ServedPredictor, ServedUnit
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.tracing.environment import tracing_variables, tracing_wanted
from tests.unit.runtime.collector import collector
from tests.unit.runtime.container import container
from tests.unit.runtime.program import free_ports, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRACE, CLIENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
INTERNAL_KIND, SERVER_KIND, CLIENT_KIND = 1, 2, 3
PREDICTOR = ServedPredictor(deployment="prices", namespace="n", predictor="main", graph=ServedUnit(name="m"))
CALLERS = {
    "w3c": {"traceparent": f"00-{TRACE}-{CLIENT}-01"},
    "b3": {"X-B3-TraceId": TRACE, "X-B3-SpanId": CLIENT, "X-B3-Sampled": "1"},
    "jaeger": {"uber-trace-id": f"{TRACE}:{CLIENT}:0:1"},
}


def traced(port: int) -> dict[str, str]:
    """Spans leave at once, to a collector at the port."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_BSP_SCHEDULE_DELAY": "50"}


def predict(port: int, headers: dict[str, str]) -> None:
    body = json.dumps({"data": {"ndarray": [[0, 0, 0]]}}).encode()
    url = f"http://127.0.0.1:{port}/api/v1.0/predictions"
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        answer.read()


def test_spans_form_the_tree_of_the_graph_below_the_clients_span(root: Path, unit: Callable[..., ServedUnit]) -> None:
    """For each way in which callers name their span; a container is told of the very span of its call, and of the id."""
    with collector() as spans, container(predict=lambda body: body) as other:
        remote = ServedUnit(name="remote", host="127.0.0.1", http_port=other.port)
        both = {"type": "COMBINER", "implementation": "AVERAGE_COMBINER"}
        graph = ServedUnit(name="both", children=(unit("regression"), unit("doubled")), **both)
        chain = remote.model_copy(update={"children": (graph,)})
        with running(root, chain, **traced(spans.port)) as server:
            for way, headers in CALLERS.items():
                predict(server.port, {**headers, "seldon-puid": way})
                found = {span.name: span for span in spans.wait(6)}
                by_id = {span.id: span.name for span in found.values()}
                parents = {span.name: by_id.get(span.parent, span.parent) for span in found.values()}
                assert parents == {
                    "POST /api/v1.0/predictions": CLIENT,
                    "remote": "POST /api/v1.0/predictions",
                    "remote /predict": "remote",
                    "both": "remote",
                    "regression": "both",
                    "doubled": "both",
                }
                assert {span.trace for span in found.values()} == {TRACE}
                top, call = found["POST /api/v1.0/predictions"], found["remote /predict"]
                assert (top.kind, call.kind, found["both"].kind) == (SERVER_KIND, CLIENT_KIND, INTERNAL_KIND)
                assert top.attributes["seldon.puid"] == way
                assert top.attributes["http.response.status_code"] == 200
                assert top.service == "d-p"
                assert other.asked[-1].headers["traceparent"] == f"00-{TRACE}-{call.id}-01"
                assert other.asked[-1].headers["seldon-puid"] == way
                spans.spans.clear()


def test_calls_over_grpc_are_traced_and_the_last_spans_leave_before_the_pod_ends(
    root: Path, unit: Callable[..., ServedUnit]
) -> None:
    with collector() as spans:
        told = {
            **traced(spans.port),
            "OTEL_BSP_SCHEDULE_DELAY": "60000",
            "SDEP_DRAIN_SECONDS": "0",
            "SDEP_GRPC_PORT": "0",
        }
        with running(root, unit("regression"), **told) as server:
            with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
                call = channel.unary_unary(
                    "/seldon.protos.Seldon/Predict",
                    request_serializer=pb.SeldonMessage.SerializeToString,
                    response_deserializer=pb.SeldonMessage.FromString,
                )
                request = pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[1, 3], values=[0, 0, 0])))
                call(
                    request,
                    metadata=(("traceparent", CALLERS["w3c"]["traceparent"]), ("seldon-puid", "one")),
                    timeout=20,
                )
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(30) == 0
    child, top = sorted(spans.spans, key=lambda span: span.name)
    assert (top.name, child.name) == ("seldon.protos.Seldon/Predict", "regression")
    assert (top.parent, child.parent, top.trace) == (CLIENT, top.id, TRACE)
    assert top.attributes["seldon.puid"] == "one"


def test_a_collector_that_is_away_costs_no_answer_and_no_end(root: Path, unit: Callable[..., ServedUnit]) -> None:
    with running(root, unit("regression"), SDEP_DRAIN_SECONDS="0", **traced(free_ports(1)[0])) as server:
        for _ in range(5):
            predict(server.port, {})
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0


def test_a_failed_request_is_logged_with_its_trace_and_its_id(root: Path) -> None:
    with container(predict=lambda _: (500, {"status": {"info": "broken"}})) as other, collector() as spans:
        graph = ServedUnit(name="remote", host="127.0.0.1", http_port=other.port)
        with running(root, graph, **traced(spans.port)) as server, pytest.raises(urllib.error.HTTPError, match="500"):
            predict(server.port, {**CALLERS["w3c"], "seldon-puid": "one"})
        lines = [json.loads(line) for line in server.said]
    line = next(line for line in lines if line["message"] == "request failed")
    assert (line["puid"], line["trace_id"]) == ("one", TRACE)
    assert "broken" in line["detail"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"TRACING": "1"}, True),
        ({"TRACING": "0"}, False),
        ({"JAEGER_AGENT_HOST": "jaeger"}, True),
        ({"JAEGER_AGENT_HOST": "jaeger", "JAEGER_DISABLED": "true"}, False),
    ],
    ids=str,
)
def test_tracing_is_off_until_a_variable_asks_for_it(environment: dict[str, str], *, expected: bool) -> None:
    assert tracing_wanted(environment) is expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TRACING": "1"}, {"OTEL_SERVICE_NAME": "prices-main"}),
        ({"JAEGER_SERVICE_NAME": "mine"}, {"OTEL_SERVICE_NAME": "mine"}),
        ({"JAEGER_AGENT_HOST": "agent"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://agent:4318"}),
        ({"JAEGER_ENDPOINT": "http://c:14268/api/traces"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}),
        (
            {"JAEGER_SAMPLER_TYPE": "const", "JAEGER_SAMPLER_PARAM": "0"},
            {"OTEL_TRACES_SAMPLER": "parentbased_always_off"},
        ),
        (
            {"JAEGER_SAMPLER_TYPE": "probabilistic", "JAEGER_SAMPLER_PARAM": "0.1"},
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"},
        ),
        ({"JAEGER_TRACE_PROPAGATION_TYPE": "b3"}, {"OTEL_PROPAGATORS": "b3multi"}),
    ],
    ids=str,
)
def test_the_variables_of_v1_are_put_into_opentelemetrys_words(
    environment: dict[str, str], expected: dict[str, str]
) -> None:
    assert expected.items() <= tracing_variables(environment, PREDICTOR).items()


def test_what_opentelemetrys_own_variables_say_goes_before() -> None:
    own = {"OTEL_SERVICE_NAME": "a", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b", "OTEL_PROPAGATORS": "b3"}
    assert tracing_variables({**own, "JAEGER_SERVICE_NAME": "c", "JAEGER_AGENT_HOST": "d"}, PREDICTOR) == {}
