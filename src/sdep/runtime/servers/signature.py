"""What a model says of its inputs and outputs: MLflow's signature, read without importing MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Column(NamedTuple):
    """`type` is MLflow's word (double, long, string, …), or "any" where only the name is known.

    An array, an object and a map say in `spec` what is in them, as the `MLmodel` file does.
    """

    name: str
    type: str = "any"
    required: bool = True
    spec: Mapping[str, Any] | None = None


class Tensor(NamedTuple):
    """`dtype` is NumPy's word; an axis of -1 may have any length."""

    name: str
    dtype: str
    shape: tuple[int, ...]


class Signature(NamedTuple):
    """Inputs are named columns, or tensors, or (both empty) unknown. `params` are the settings of a prediction, by name."""

    columns: tuple[Column, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    outputs: tuple[Column | Tensor, ...] = ()
    params: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[Column | Tensor, ...]:
        return self.columns or self.tensors


UNKNOWN = Signature()


def read_signature(mlmodel: Mapping[str, Any]) -> Signature:
    """From the parsed `MLmodel` file. Columns without names (an old way to save arrays) count as unknown."""
    signature = mlmodel.get("signature") or {}
    inputs, outputs = _fields(signature.get("inputs")), _fields(signature.get("outputs"))
    return Signature(
        columns=tuple(field for field in inputs if isinstance(field, Column) and field.name),
        tensors=tuple(field for field in inputs if isinstance(field, Tensor)),
        outputs=tuple(outputs),
        params=tuple(str(param["name"]) for param in orjson.loads(signature.get("params") or "[]")),
    )


def _fields(text: str | None) -> Sequence[Column | Tensor]:
    return [_field(field) for field in orjson.loads(text or "[]")]


def _field(field: Mapping[str, Any]) -> Column | Tensor:
    name = str(field.get("name", ""))
    if field["type"] == "tensor":
        spec = field["tensor-spec"]
        return Tensor(name, spec["dtype"], tuple(spec["shape"]))
    spec = field if field["type"] in {"array", "object", "map"} else None
    return Column(name, field["type"], bool(field.get("required", True)), spec)


def mlflow_column(field: Column | Tensor) -> dict[str, Any]:
    """One input or output as the `MLmodel` file has it."""
    if isinstance(field, Tensor):
        spec = {"dtype": field.dtype, "shape": list(field.shape)}
        return {"name": field.name, "type": "tensor", "tensor-spec": spec}
    return {**(field.spec or {}), "name": field.name, "type": field.type, "required": field.required}


_V2_OF_MLFLOW = {
    "double": "FP64",
    "float": "FP32",
    "long": "INT64",
    "integer": "INT32",
    "boolean": "BOOL",
    "string": "BYTES",
    "binary": "BYTES",
    "datetime": "BYTES",
}
_V2_OF_NUMPY = {"float64": "FP64", "float32": "FP32", "float16": "FP16", "bool": "BOOL"}


def tensor_metadata(field: Column | Tensor) -> dict[str, Any]:
    """One input or output in the words of v1's metadata and the Open Inference Protocol."""
    if isinstance(field, Tensor):
        datatype = _V2_OF_NUMPY.get(field.dtype, field.dtype.upper() if "int" in field.dtype else "BYTES")
        return {"name": field.name, "datatype": datatype, "shape": list(field.shape)}
    return {"name": field.name, "datatype": _V2_OF_MLFLOW.get(field.type, "BYTES"), "shape": [-1]}
