"""The Open Inference Protocol over gRPC, at a runtime's own process, and judged by the clients that others published."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from sdep.contract import ServedModel, ServedUnit
from sdep.runtime.rpc import open_inference_pb2 as pb
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.program import Running

SERVICE = "inference.GRPCInferenceService"
PRICE = 18.0  # of the row 1, 2, 3


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Running]:
    graph = ServedUnit(name="price", implementation="MLFLOW_SERVER", model=ServedModel(name="regression", version="3"))
    (root / "mnt" / "models" / "price").symlink_to("regression")
    with running(root, graph) as found:
        yield found


@pytest.fixture(scope="module")
def echo(root: Path) -> Iterator[Running]:
    """Answers with what it is asked: what clients send and read must be the same."""
    with running(root, ServedUnit(name="echo", implementation="SIMPLE_MODEL")) as found:
        yield found


@pytest.fixture(scope="module")
def channel(server: Running) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield channel


def _call(channel: grpc.Channel, method: str, request: Any, **options: Any) -> Any:  # noqa: ANN401 - messages
    answer = getattr(pb, f"{method}Response")
    called = channel.unary_unary(f"/{SERVICE}/{method}", type(request).SerializeToString, answer.FromString)
    return called(request, timeout=20, **options)


def _infer(channel: grpc.Channel, *inputs: Any, **more: Any) -> Any:  # noqa: ANN401 - messages
    return _call(channel, "ModelInfer", pb.ModelInferRequest(model_name="price", inputs=inputs, **more))


def _input(name: str, datatype: str, shape: list[int], **contents: Any) -> Any:  # noqa: ANN401 - a message
    given = pb.InferTensorContents(**contents)
    return pb.ModelInferRequest.InferInputTensor(name=name, datatype=datatype, shape=shape, contents=given)


def test_typed_contents(channel: grpc.Channel) -> None:
    """A matrix, and columns of other types, are answered in typed contents with the request's id."""
    matrix = _infer(channel, _input("x", "FP64", [1, 3], fp64_contents=[1, 2, 3]), id="7")
    columns = _infer(
        channel,
        _input("fx", "INT64", [1], int64_contents=[3]),
        _input("gas", "INT8", [1], int_contents=[2]),
        _input("oil", "FP32", [1, 1], fp32_contents=[1]),
    )

    assert (matrix.model_name, matrix.model_version, matrix.id) == ("price", "3", "7")
    assert (list(matrix.outputs[0].shape), matrix.outputs[0].datatype) == ([1, 1], "FP64")
    assert list(matrix.outputs[0].contents.fp64_contents) == pytest.approx([PRICE])
    assert list(columns.outputs[0].contents.fp64_contents) == pytest.approx([PRICE])


def test_no_integer_is_bent(echo: Running) -> None:
    """What the datatype cannot hold is refused by name, and not cut to its width."""
    given = _input("x", "UINT8", [1, 1], uint_contents=[300])
    with (
        grpc.insecure_channel(f"127.0.0.1:{echo.grpc_port}") as channel,
        pytest.raises(grpc.RpcError, match="inputs\\[0\\] 'x': contents hold values that are no UINT8"),
    ):
        _call(channel, "ModelInfer", pb.ModelInferRequest(model_name="echo", inputs=[given]))


def test_raw_contents(channel: grpc.Channel) -> None:
    """Who sends bytes gets bytes."""
    row = np.array([1, 2, 3], dtype="<f4")
    answer = _infer(channel, _input("x", "FP32", [1, 3]), raw_input_contents=[row.tobytes()])

    assert np.frombuffer(answer.raw_output_contents[0]) == pytest.approx([PRICE])
    assert not answer.outputs[0].HasField("contents")


def test_server_and_model(channel: grpc.Channel) -> None:
    """Live, ready, and what is known of the model, under each of its names."""
    metadata = _call(channel, "ModelMetadata", pb.ModelMetadataRequest(name="regression", version="3"))

    assert _call(channel, "ServerLive", pb.ServerLiveRequest()).live
    assert _call(channel, "ServerReady", pb.ServerReadyRequest()).ready
    assert all(_call(channel, "ModelReady", pb.ModelReadyRequest(name=name)).ready for name in ("price", "p", "d", ""))
    assert _call(channel, "ServerMetadata", pb.ServerMetadataRequest()).name == "d"
    assert [(each.name, each.datatype, list(each.shape)) for each in metadata.inputs] == [
        (name, "FP64", [-1]) for name in ("oil", "gas", "fx")
    ]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (pb.ModelInferRequest(model_name="other"), "NOT_FOUND"),
        (pb.ModelInferRequest(model_name="price", model_version="9"), "NOT_FOUND"),
        (pb.ModelInferRequest(model_name="price"), "INVALID_ARGUMENT"),
        (
            pb.ModelInferRequest(model_name="price", inputs=[_input("x", "FP64", [2], fp64_contents=[1])]),
            "INVALID_ARGUMENT",
        ),
        (
            pb.ModelInferRequest(model_name="price", inputs=[_input("x", "INT8", [1], int_contents=[300])]),
            "INVALID_ARGUMENT",
        ),
    ],
)
def test_refusals(channel: grpc.Channel, request_: pb.ModelInferRequest, code: str) -> None:
    """Each with gRPC's own word and a sentence."""
    with pytest.raises(grpc.RpcError) as refused:
        _call(channel, "ModelInfer", request_)

    assert (refused.value.code().name, bool(refused.value.details())) == (code, True)


def test_other_methods_are_unimplemented(channel: grpc.Channel) -> None:
    """What the protocol's extensions add ends in order, and the server goes on."""
    method = channel.unary_unary(f"/{SERVICE}/RepositoryIndex", lambda _: b"", lambda raw: raw)
    with pytest.raises(grpc.RpcError) as refused:
        method(None, timeout=20)

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert _call(channel, "ServerLive", pb.ServerLiveRequest()).live


def test_health_and_reflection(channel: grpc.Channel) -> None:
    """The service is among those that are named and healthy."""
    health, reflected = health_pb2_grpc.HealthStub(channel), reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    services = next(reflected.ServerReflectionInfo(asked)).list_services_response.service

    status = health.Check(health_pb2.HealthCheckRequest(service=SERVICE)).status
    assert status == health_pb2.HealthCheckResponse.SERVING
    assert SERVICE in {service.name for service in services}


TRITON = """
import json, sys
import numpy as np
import tritonclient.grpc as rpc
import tritonclient.http as http

port, grpc_port, echo, grpc_echo = sys.argv[1:]
found = {}
row = np.array([[1, 2, 3]], dtype=np.float64)
texts = np.array([["a", "\\u00e9"]], dtype=np.object_)
for name, module, address, echo_address in (
    ("http", http, port, echo), ("grpc", rpc, grpc_port, grpc_echo),
):
    client = module.InferenceServerClient(f"127.0.0.1:{address}")
    mirror = module.InferenceServerClient(f"127.0.0.1:{echo_address}")
    said = [client.is_server_live(), client.is_server_ready(), client.is_model_ready("price", "3")]
    as_json = {"as_json": True} if module is rpc else {}
    metadata = client.get_model_metadata("price", **as_json)
    kinds = [{}] if module is rpc else [{"binary_data": True}, {"binary_data": False}]
    prices, back = [], []
    for kind in kinds:
        asked = module.InferInput("x", [1, 3], "FP64")
        asked.set_data_from_numpy(row, **kind)
        output = module.InferRequestedOutput("price", **kind)
        prices += client.infer("price", [asked], outputs=[output], request_id="1").as_numpy("price").ravel().tolist()
        for datatype, array in (
            ("BYTES", texts), ("FP16", row.astype(np.float16)), ("INT64", np.array([[2**53 + 1, 0]])),
            ("BOOL", np.array([[True, False]])), ("UINT8", np.array([[255, 0]], dtype=np.uint8)),
        ):
            if datatype == "FP16" and kind == {"binary_data": False}:
                continue  # Triton's client sends it as bytes alone
            sent = module.InferInput("x", list(array.shape), datatype)
            sent.set_data_from_numpy(array, **kind)
            got = mirror.infer("echo", [sent]).as_numpy("output-1")
            got = got.astype(np.object_)
            plain = np.array([[v.decode() if isinstance(v, bytes) else v for v in r] for r in got], dtype=np.object_)
            back.append(bool((plain == array).all()))
    try:
        client.get_model_metadata("other")
    except Exception as error:
        refusal = error.message()
    found[name] = [said, [each["name"] for each in metadata["inputs"]], prices, back, refusal]
print(json.dumps(found))
"""


def test_tritons_client(server: Running, echo: Running, peers_python: Path) -> None:
    """NVIDIA's published clients, over HTTP with and without binary data and over gRPC, read what they should."""
    ports = [str(port) for each in (server, echo) for port in (each.port, each.grpc_port)]
    for found in _judged(peers_python, TRITON, *ports).values():
        said, inputs, prices, back, refusal = found
        assert (said, inputs) == ([True] * 3, ["oil", "gas", "fx"])
        assert prices == pytest.approx([PRICE] * len(prices))
        assert back
        assert all(back)
        assert refusal == "there is no model 'other' here: ask for 'price'"


MLSERVER = """
import json, sys, urllib.request
import numpy as np, pandas as pd
from mlserver import types
from mlserver.codecs import NumpyRequestCodec, PandasCodec, StringCodec, Base64Codec
from mlserver.grpc import converters, dataplane_pb2_grpc
import grpc

port, grpc_port, echo = sys.argv[1:]


def http(port, model, asked):
    url = f"http://127.0.0.1:{port}/v2/models/{model}/infer"
    body = asked.model_dump_json(exclude_none=True).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as answer:
        return types.InferenceResponse.model_validate_json(answer.read())


frame = pd.DataFrame({"fx": [3, 0], "oil": [1.0, 0.0], "gas": [2.0, 0.0]})
array = np.array([[1.0, 2.0, 3.0], [0, 0, 0]])
found = {}
for name, asked in (
    ("pd", PandasCodec.encode_request(frame, use_bytes=False)), ("np", NumpyRequestCodec.encode_request(array)),
):
    found[name] = NumpyRequestCodec.decode_response(http(port, "price", asked)).ravel().tolist()
with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
    stub = dataplane_pb2_grpc.GRPCInferenceServiceStub(channel)
    asked = PandasCodec.encode_request(frame)
    sent = converters.ModelInferRequestConverter.from_types(asked, model_name="price", model_version=None)
    answer = converters.ModelInferResponseConverter.to_types(stub.ModelInfer(sent))
    found["grpc"] = NumpyRequestCodec.decode_response(answer).ravel().tolist()
texts = StringCodec.encode_input("x", ["a", "b"], use_bytes=False)
blobs = Base64Codec.encode_input("y", [b"\\xff\\x00", b"c"], use_bytes=False)
back = http(echo, "echo", types.InferenceRequest(inputs=[texts, blobs]))
found["texts"] = StringCodec.decode_output(back.outputs[0])
found["blobs"] = [blob.hex() for blob in Base64Codec.decode_output(back.outputs[1])]
print(json.dumps(found))
"""


def test_mlservers_types(server: Running, echo: Running, peers_python: Path) -> None:
    """MLServer's own codecs write requests and read answers: pd, np, str, base64, over HTTP and gRPC."""
    found = _judged(peers_python, MLSERVER, str(server.port), str(server.grpc_port), str(echo.port))

    assert [found[each] for each in ("pd", "np", "grpc")] == [pytest.approx([PRICE, 4])] * 3
    assert (found["texts"], found["blobs"]) == (["a", "b"], ["ff00", "63"])


def _judged(python: Path, program: str, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    done = subprocess.run(
        [str(python), "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
