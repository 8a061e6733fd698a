"""Between TensorFlow Serving's named tensors and those of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.errors import BadDataError
from sdep.runtime.openinference.tensor import Inference, Tensor
from sdep.runtime.rpc.tftensor import array_of, tftensor_of
from sdep.runtime.tensorflow.predict import arrays_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.runtime.message import Payload
    from sdep.runtime.rpc import seldon_pb2 as pb


def inference_of_tensors(field: str, given: Mapping[str, pb.TensorFlowTensor]) -> Inference:
    if not given:
        raise BadDataError(f"the message has no {field}")
    return Inference(tuple(Tensor(name, array_of(each, f"{field} '{name}'")) for name, each in sorted(given.items())))


def named_tensors(payload: Payload, name: str) -> tuple[Tensor, ...]:
    """What was received as tensors stays as it is; one array without names of columns is called `name`."""
    if payload.kind == "inference":
        found: Inference = payload.value
        return found.tensors
    return tuple(Tensor(each, array) for each, array in arrays_of(payload, name).items())


def tensors_of(inference: Inference) -> dict[str, pb.TensorFlowTensor]:
    return {tensor.name: tftensor_of(tensor.array) for tensor in inference.tensors}
