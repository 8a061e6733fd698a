"""TensorFlow Serving's gRPC services, at a runtime's own process, and tensors judged by the messages that TensorFlow publishes."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from google.protobuf.wrappers_pb2 import Int64Value
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sdep.contract import ServedModel, ServedUnit
from sdep.runtime.errors import BadDataError
from sdep.runtime.rpc import seldon_pb2
from sdep.runtime.rpc import tensorflow_pb2 as pb
from sdep.runtime.rpc.tftensor import FILLED_LIMIT, array_of, tftensor_of
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.program import Running

Tensor = seldon_pb2.TensorFlowTensor
PREDICTION, MODEL = "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"
PRICE = 18.0  # of the row 1, 2, 3
ROW = np.array([[1, 2, 3]], dtype=np.float32)


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Running]:
    model = ServedModel(name="prices", version="3")
    with running(root, ServedUnit(name="regression", implementation="MLFLOW_SERVER", model=model)) as found:
        yield found


@pytest.fixture(scope="module")
def channel(server: Running) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield channel


@pytest.fixture(scope="module")
def chain(root: Path, server: Running) -> Iterator[Running]:
    """An engine that calls the other runtime as its container."""
    unit = {"host": "127.0.0.1", "grpc_port": server.grpc_port, "transport": "grpc"}
    with running(root, ServedUnit.model_validate({"name": "regression", **unit}), "tensorflow") as found:
        yield found


def _call(channel: grpc.Channel, method: str, request: Any, service: str = PREDICTION) -> Any:  # noqa: ANN401 - messages
    answer = getattr(pb, type(request).__name__.replace("Request", "Response"))
    called = channel.unary_unary(f"/{service}/{method}", type(request).SerializeToString, answer.FromString)
    return called(request, timeout=20)


def _predict(channel: grpc.Channel, inputs: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401 - messages
    spec = pb.ModelSpec(name="regression")
    tensors = {name: tftensor_of(np.asarray(value)) for name, value in inputs.items()}
    return _call(channel, "Predict", pb.PredictRequest(**{"model_spec": spec, "inputs": tensors, **more}))


def test_rows_and_columns(channel: grpc.Channel) -> None:
    """One tensor of rows, or one for each column, is answered by a tensor that has the signature's name, or `outputs`."""
    rows = _predict(channel, {"x": ROW})
    columns = _predict(channel, {"fx": [3], "gas": [2.0], "oil": [[1]]}, output_filter=["price"])

    assert list(rows.outputs) == ["outputs"]
    assert array_of(rows.outputs["outputs"]).ravel() == pytest.approx([PRICE])
    assert array_of(columns.outputs["price"]).ravel() == pytest.approx([PRICE])
    assert (rows.model_spec.name, rows.model_spec.version.value) == ("regression", 3)
    assert rows.model_spec.signature_name == "serving_default"


def test_versions_and_names(channel: grpc.Channel) -> None:
    """A version by its number or its label, the model by each of its names; no name is the graph."""
    by_number = pb.ModelSpec(name="prices", version=Int64Value(value=3))
    for spec in (by_number, pb.ModelSpec(name="d", version_label="v1"), pb.ModelSpec()):
        answer = _predict(channel, {"x": ROW}, model_spec=spec)
        assert array_of(answer.outputs["outputs"]).ravel() == pytest.approx([PRICE])


def test_metadata_and_status(channel: grpc.Channel) -> None:
    """The signature is in TensorFlow's words, packed under the name that its clients unpack; the model is available."""
    spec = pb.ModelSpec(name="regression")
    metadata = _call(
        channel, "GetModelMetadata", pb.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
    )
    packed = metadata.metadata["signature_def"]
    signature = pb.SignatureDefMap.FromString(packed.value).signature_def["serving_default"]
    (state,) = _call(channel, "GetModelStatus", pb.GetModelStatusRequest(model_spec=spec), MODEL).model_version_status

    assert packed.type_url == "type.googleapis.com/tensorflow.serving.SignatureDefMap"
    assert {name: (each.dtype, [dim.size for dim in each.tensor_shape.dim]) for name, each in signature.inputs.items()}
    assert {name: each.dtype for name, each in signature.inputs.items()} == dict.fromkeys(("oil", "gas", "fx"), 2)
    assert (state.version, state.state, state.status.error_code) == (3, pb.ModelVersionStatus.AVAILABLE, 0)


@pytest.mark.parametrize(
    ("request_", "code", "word"),
    [
        (pb.PredictRequest(model_spec=pb.ModelSpec(name="other")), "NOT_FOUND", "no model 'other'"),
        (pb.PredictRequest(model_spec=pb.ModelSpec(version=Int64Value(value=9))), "NOT_FOUND", "no version '9'"),
        (pb.PredictRequest(), "INVALID_ARGUMENT", "no inputs"),
        (pb.PredictRequest(inputs={"x": Tensor(dtype=8)}), "INVALID_ARGUMENT", "inputs 'x' has the type 8"),
        (
            pb.PredictRequest(inputs={"x": tftensor_of(ROW)}, output_filter=["a", "b"]),
            "INVALID_ARGUMENT",
            "there is no 'a'",
        ),
        (pb.GetModelMetadataRequest(metadata_field=["x"]), "INVALID_ARGUMENT", "signature_def"),
    ],
)
def test_refusals(channel: grpc.Channel, request_: Any, code: str, word: str) -> None:  # noqa: ANN401 - a message
    """Each with gRPC's own word and a sentence."""
    method = "Predict" if isinstance(request_, pb.PredictRequest) else "GetModelMetadata"
    with pytest.raises(grpc.RpcError) as refused:
        _call(channel, method, request_)

    assert refused.value.code().name == code
    assert word in refused.value.details()


def test_health(channel: grpc.Channel) -> None:
    """Clients that ask after the service by name are told that it serves."""
    status = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=PREDICTION)).status

    assert status == health_pb2.HealthCheckResponse.SERVING


def test_a_container_is_called_over_grpc(chain: Running) -> None:
    """An engine of protocol tensorflow hands named tensors on under the unit's name, and the container's word back."""
    with grpc.insecure_channel(f"127.0.0.1:{chain.grpc_port}") as channel:
        answer = _predict(channel, {"x": ROW})
        with pytest.raises(grpc.RpcError) as refused:
            _predict(channel, {"x": [["a", "b", "c"]]})
    over_http = chain.post("/v1/models/regression:predict", {"instances": [[1, 2, 3]]})

    assert array_of(answer.outputs["outputs"]).ravel() == pytest.approx([PRICE])
    assert over_http == {"predictions": [pytest.approx(PRICE)]}
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "unit 'regression'" in refused.value.details()


ARRAYS = {
    **{name: np.array([[1, 0], [2, 3]], dtype=name) for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8")},
    **{name: np.array([[1, 0], [2, 3]], dtype=name) for name in ("u1", "u2", "u4", "u8", "?")},
    "large": np.array([2**64 - 1], dtype=np.uint64),
    "small": np.array([-(2**63)], dtype=np.int64),
    "text": np.array(["a", "é", b"\xff"], dtype=object),
    "none": np.zeros((0, 3)),
}

JUDGE = """
import json, sys
import numpy as np
from seldon_core.proto.tensorflow.core.framework import tensor_pb2, types_pb2

read = {}
for name, raw in json.load(sys.stdin).items():
    tensor = tensor_pb2.TensorProto.FromString(bytes.fromhex(raw))
    fields = [field.name for field, value in tensor.ListFields() if field.name.endswith("_val")]
    values = list(getattr(tensor, fields[0])) if fields else []
    values = [value.hex() if isinstance(value, bytes) else value for value in values]
    kind = types_pb2.DataType.Name(tensor.dtype)
    read[name] = [kind, [dim.size for dim in tensor.tensor_shape.dim], fields, values, tensor.SerializeToString().hex()]
print(json.dumps(read))
"""
KINDS = {
    "f2": "HALF",
    "f4": "FLOAT",
    "f8": "DOUBLE",
    "i1": "INT8",
    "i2": "INT16",
    "i4": "INT32",
    "i8": "INT64",
    "u1": "UINT8",
    "u2": "UINT16",
    "u4": "UINT32",
    "u8": "UINT64",
    "?": "BOOL",
    "large": "UINT64",
    "small": "INT64",
    "text": "STRING",
    "none": "DOUBLE",
}


def test_published_messages_agree(seldon_client_python: Path) -> None:
    """TensorFlow's own TensorProto reads each type as what it is, and what it writes is read back as the same array."""
    sent = json.dumps({name: tftensor_of(array).SerializeToString().hex() for name, array in ARRAYS.items()})
    done = subprocess.run(
        [str(seldon_client_python), "-c", JUDGE], input=sent, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr[-3000:]

    for name, (kind, shape, fields, values, raw) in json.loads(done.stdout).items():
        array, back = ARRAYS[name], array_of(Tensor.FromString(bytes.fromhex(raw)))
        assert (kind, shape, len(fields)) == (f"DT_{KINDS[name]}", list(array.shape), int(array.size > 0))
        assert (back.dtype, back.shape, back.tolist()) == (array.dtype, array.shape, array.tolist())
        if name in {"f8", "i8", "u8", "?", "large", "small"}:
            assert values == array.ravel().tolist()


def _shaped(*sizes: int, **fields: Any) -> Tensor:  # noqa: ANN401 - fields of the message
    return Tensor(tensor_shape=Tensor.Shape(dim=[Tensor.Shape.Dim(size=size) for size in sizes]), **fields)


def test_shortened_tensors() -> None:
    """The last value stands for the rest, none at all for zeros; raw content of brain floats is widened."""
    assert array_of(_shaped(2, 2, dtype=1, float_val=[1, 2])).tolist() == [[1, 2], [2, 2]]
    assert array_of(_shaped(2, dtype=3)).tolist() == [0, 0]
    assert array_of(_shaped(1, dtype=14, tensor_content=b"\xc0\x3f")).tolist() == [1.5]
    assert array_of(_shaped(1, dtype=19, half_val=[0x3E00])).tolist() == [1.5]


@pytest.mark.parametrize(
    ("tensor", "word"),
    [
        (_shaped(FILLED_LIMIT, 1000, dtype=1, float_val=[1]), "leaves out"),
        (_shaped(1, dtype=4, int_val=[300]), "do not fit its type"),
        (_shaped(1, dtype=1, float_val=[1, 2]), "the shape \\[1\\]"),
        (_shaped(-1, -1, dtype=1), "the shape"),
        (_shaped(1, dtype=1, tensor_content=b"abc"), "do not fit"),
    ],
)
def test_tensors_that_lie(tensor: Tensor, word: str) -> None:
    """A few bytes are not made into gigabytes, and no value is bent."""
    with pytest.raises(BadDataError, match=word):
        array_of(tensor)
