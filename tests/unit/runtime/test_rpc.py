"""gRPC at a runtime's own process: its services, judged by the published client, by gRPC's health check and by reflection."""

from __future__ import annotations

import json
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.empty_pb2 import Empty
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_tools import protoc

from sdep.contract import ServedModel, ServedUnit
from sdep.runtime.rpc import seldon_pb2 as pb
from tests.unit.runtime.program import PATIENCE_SECONDS, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.program import Running

ROW = [0.0, 0.0, 0.0]


def _model(name: str, **fields: object) -> ServedUnit:
    told = {"name": name, "implementation": "MLFLOW_SERVER", "model": ServedModel(name=name, version="3"), **fields}
    return ServedUnit.model_validate(told)


@pytest.fixture(scope="module")
def unit_port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def average(root: Path, unit_port: int) -> Iterator[Running]:
    """A graph in one process, of which one unit answers at a port of its own too."""
    children = (_model("regression", http_port=unit_port), _model("doubled"))
    graph = ServedUnit(name="avg", type="COMBINER", implementation="AVERAGE_COMBINER", children=children)
    with running(root, graph) as found:
        yield found


@pytest.fixture(scope="module")
def alone(root: Path) -> Iterator[Running]:
    """A runtime that is the server of one unit."""
    with running(root, _model("regression")) as found:
        yield found


@pytest.fixture(scope="module")
def channel(average: Running) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{average.grpc_port}") as channel:
        yield channel


def _call(channel: grpc.Channel, method: str, request: Any, answer: Any, **options: Any) -> Any:  # noqa: ANN401 - messages
    serialize = type(request).SerializeToString
    called = channel.unary_unary(f"/seldon.protos.{method}", serialize, answer.FromString)
    return called.with_call(request, timeout=20, **options)


def _rows(*rows: list[float]) -> pb.SeldonMessage:
    values = [value for row in rows for value in row]
    return pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[len(rows), 3], values=values)))


def test_predict(channel: grpc.Channel) -> None:
    """A tensor is answered with a tensor, meta included, and the id comes back in the headers."""
    answer, call = _call(channel, "Seldon/Predict", _rows(ROW, ROW), pb.SeldonMessage, metadata=(("seldon-puid", "p"),))

    assert list(answer.data.tensor.shape) == [2]
    assert list(answer.data.tensor.values) == pytest.approx([6, 6])
    assert dict(answer.meta.requestPath) == {"regression": "regression:3", "doubled": "doubled:3"}
    assert ("seldon-puid", "p") in [tuple(pair) for pair in call.initial_metadata()]


def test_tensorflow_tensor(channel: grpc.Channel) -> None:
    """A TensorProto is read and answered in kind, without TensorFlow."""
    shape = pb.TensorFlowTensor.Shape(dim=[pb.TensorFlowTensor.Shape.Dim(size=size) for size in (1, 3)])
    asked = pb.TensorFlowTensor(dtype=1, tensor_shape=shape, float_val=[0.0])
    answer, _ = _call(
        channel, "Seldon/Predict", pb.SeldonMessage(data=pb.DefaultData(tftensor=asked)), pb.SeldonMessage
    )

    assert (answer.data.tftensor.dtype, list(answer.data.tftensor.double_val)) == (2, [pytest.approx(6)])


def test_refusals(channel: grpc.Channel) -> None:
    """What the client can mend is INVALID_ARGUMENT, with a sentence; what is not there is NOT_FOUND."""
    with pytest.raises(grpc.RpcError) as short:
        _call(channel, "Seldon/Predict", pb.SeldonMessage(strData="x"), pb.SeldonMessage)
    with pytest.raises(grpc.RpcError) as absent:
        _call(channel, "Seldon/ModelMetadata", pb.SeldonModelMetadataRequest(name="x"), pb.SeldonModelMetadata)

    assert short.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "strData" in short.value.details()
    assert (absent.value.code(), absent.value.details()) == (grpc.StatusCode.NOT_FOUND, "the graph has no unit 'x'")


def test_metadata(channel: grpc.Channel) -> None:
    """Of one model and of the whole graph."""
    asked = pb.SeldonModelMetadataRequest(name="regression")
    model, _ = _call(channel, "Seldon/ModelMetadata", asked, pb.SeldonModelMetadata)
    graph, _ = _call(channel, "Seldon/GraphMetadata", Empty(), pb.SeldonGraphMetadata)

    assert [each.name for each in model.inputs] == ["oil", "gas", "fx"]
    assert (graph.name, sorted(graph.models), len(graph.inputs)) == ("p", ["avg", "doubled", "regression"], 3)


def test_health_and_reflection(channel: grpc.Channel) -> None:
    """Health says SERVING for the server and for the service; reflection lists the services of v1's engine."""
    health, reflected = health_pb2_grpc.HealthStub(channel), reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    services = next(reflected.ServerReflectionInfo(asked)).list_services_response.service

    for name in ("", "seldon.protos.Seldon"):
        assert (
            health.Check(health_pb2.HealthCheckRequest(service=name)).status == health_pb2.HealthCheckResponse.SERVING
        )
    assert {"seldon.protos.Seldon", "grpc.health.v1.Health"} <= {service.name for service in services}
    assert "seldon.protos.Model" not in {service.name for service in services}


def test_calls_are_measured(average: Running, channel: grpc.Channel) -> None:
    """As v1 does: the method's path, `unary`, and gRPC's own word for the code."""
    _call(channel, "Seldon/Predict", _rows(ROW), pb.SeldonMessage)
    text = _get(average.port, "/prometheus")

    wanted = ('service="/seldon.protos.Seldon/Predict"', 'method="unary"', 'code="OK"', 'status="200"')
    found = [line for line in text.splitlines() if line.startswith("seldon_api_executor_server_requests_seconds_count")]
    assert any(all(label in line for label in wanted) for line in found)


def test_a_units_own_port(average: Running, unit_port: int) -> None:
    """A unit of a graph answers at its own port as v1's container did, alone, and as often as it is asked there."""
    for path in ("/predict", "/api/v1.0/predictions", "/api/v0.1/predictions"):
        answer = average.post(path, {"data": {"ndarray": [ROW]}}, unit_port)
        assert answer["data"]["ndarray"] == [pytest.approx(4)]
        assert answer["meta"]["requestPath"] == {"regression": "regression:3"}
    echoed = average.post("/transform-input", {"strData": "x"}, unit_port)

    assert echoed == {"strData": "x", "meta": {}}
    assert [_get(unit_port, path) for path in ("/health/ping", "/ready")] == ["pong", ""]
    assert json.loads(_get(unit_port, "/health/status")) == {"strData": "healthy", "meta": {}}
    assert json.loads(_get(unit_port, "/metadata"))["versions"] == ["3"]
    assert average.post("/send-feedback", {"reward": 1}, unit_port)["meta"] == {}
    assert 'seldon_api_model_feedback_total{deployment_name="d",model_image="regression"' in _get(unit_port, "/metrics")


def test_a_runtime_as_the_container_of_another(root: Path, alone: Running) -> None:
    """An engine that knows nothing but ports calls a runtime that serves one unit, over REST and over gRPC."""
    for transport in ("rest", "grpc"):
        unit = ServedUnit.model_validate(
            {
                "name": "far",
                "host": "127.0.0.1",
                "http_port": alone.port,
                "grpc_port": alone.grpc_port,
                "transport": transport,
            }
        )
        with running(root, unit) as engine:
            answer = engine.post("/api/v1.0/predictions", {"data": {"names": ["oil", "gas", "fx"], "ndarray": [ROW]}})
            metadata = json.loads(_get(engine.port, "/api/v1.0/metadata"))
        assert answer["data"]["ndarray"] == [pytest.approx(4)]
        assert answer["meta"]["requestPath"] == {"regression": "regression:3"}
        assert [field["name"] for field in metadata["graphinputs"]] == ["oil", "gas", "fx"]


JUDGE = """
import json, sys, numpy
from seldon_core.seldon_client import SeldonClient
port, grpc_port = sys.argv[1:]
rows = numpy.zeros((1, 3))
said = []
for transport, endpoint in (("rest", port), ("grpc", grpc_port)):
    for kind in ("tensor", "ndarray"):
        client = SeldonClient(gateway="seldon", gateway_endpoint=f"127.0.0.1:{endpoint}", transport=transport, payload_type=kind,
                              microservice_endpoint=f"127.0.0.1:{endpoint}")
        for proto in ("dict", "proto"):
            whole = client.predict(data=rows, names=["oil", "gas", "fx"], client_return_type=proto)
            said.append([transport, kind, proto, whole.success, str(whole.response)])
        one = client.microservice(data=rows, method="predict")
        told = client.microservice_feedback(one.response, one.response, 0.5)
        said.append([transport, kind, "microservice", one.success and told.success, str(one.response)])
print(json.dumps(said))
"""


def test_the_published_client(alone: Running, seldon_client_python: Path) -> None:
    """v1's client gets its answer as an engine's client and as a caller of the container, with each transport and payload."""
    command = [str(seldon_client_python), "-W", "ignore", "-c", JUDGE, str(alone.port), str(alone.grpc_port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])

    assert len(said) == 12
    for *case, success, response in said:
        assert success, (case, response)
        assert "4.0" in response or "3.99" in response, (case, response)


def test_the_generated_code_is_that_of_the_proto_file(tmp_path: Path) -> None:
    """`seldon_pb2.py` says what `seldon.proto` says: nobody forgot to generate it."""
    file = "sdep/runtime/rpc/seldon.proto"
    target = tmp_path / "set"
    known = str(files("grpc_tools") / "_proto")
    assert protoc.main(["", "-Isrc", f"-I{known}", f"--descriptor_set_out={target}", f"src/{file}"]) == 0
    checked_in = FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(checked_in)
    (written,) = FileDescriptorSet.FromString(target.read_bytes()).file
    assert _without_json_names(checked_in) == _without_json_names(written)


def _without_json_names(file: FileDescriptorProto) -> str:
    """Only one of the two compilers' outputs has them."""
    return "\n".join(line for line in str(file).splitlines() if "json_name" not in line)


def _get(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return str(response.read().decode())
