"""What the model behind a graph takes, as a JSON Schema and as an example that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.servers.signature import UNKNOWN
from sdep.runtime.servers.table_json import rows_of_json
from sdep.runtime.servers.warmup import input_example

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.contract import ServedUnit
    from sdep.runtime.message import Payload
    from sdep.runtime.servers.model import Model
    from sdep.runtime.servers.signature import Column, Signature
    from sdep.runtime.settings import Settings

    Schema = dict[str, Any]

ROWS_SHOWN = 2
_TYPES: dict[str, Schema] = {
    "double": {"type": "number"},
    "float": {"type": "number"},
    "long": {"type": "integer"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "contentEncoding": "base64"},
}
_VALUES: dict[str, Any] = {"number": 1.5, "integer": 1, "boolean": True, "string": "a"}


class Input(NamedTuple):
    """`data` is the schema of a SeldonMessage's `data`; `names` is empty where the model names no columns."""

    names: tuple[str, ...]
    rows: list[Any]
    data: Schema


def graph_input(settings: Settings, models: Mapping[str, Model]) -> Input:
    """Of the first model on the way in: routers and combiners hand on what their children take."""
    unit = _first_model(settings.predictor.graph, models)
    if unit is None:
        return Input((), [[1.0, 2.0]], _data(UNKNOWN))
    signature = models[unit.name].signature
    names = tuple(column.name for column in signature.columns)
    saved = _saved(settings, unit)
    if saved is None:
        return Input(names, _made_up(signature), _data(signature))
    return Input(saved.names or names, saved.value[:ROWS_SHOWN].tolist(), _data(signature))


def _first_model(unit: ServedUnit, models: Mapping[str, Model]) -> ServedUnit | None:
    if unit.name in models:
        return unit
    return next((found for child in unit.children if (found := _first_model(child, models))), None)


def _saved(settings: Settings, unit: ServedUnit) -> Payload | None:
    """MLflow's saved input example, where that is a table or an array."""
    example = input_example(settings.model_directory(unit.name))
    payload = rows_of_json(example) if example is not None else None
    return payload if payload is not None and isinstance(payload.value, np.ndarray) and payload.value.ndim else None


def _data(signature: Signature) -> Schema:
    """Columns by position or by name; nothing is demanded where nothing is known."""
    row: Schema = {"type": "array"}
    names: Schema = {"type": "array", "items": {"type": "string"}}
    if signature.columns:
        row |= {
            "prefixItems": [{"title": column.name, **_type(column)} for column in signature.columns],
            "items": False,
        }
        names["examples"] = [[column.name for column in signature.columns]]
    ndarray = {"type": "array", "items": row if signature.columns else {}}
    tensor = {
        "type": "object",
        "required": ["values"],
        "properties": {
            "shape": {"type": "array", "items": {"type": "integer"}},
            "values": {"type": "array", "items": {"type": "number"}},
        },
    }
    return {
        "type": "object",
        "oneOf": [{"required": ["ndarray"]}, {"required": ["tensor"]}],
        "properties": {"names": names, "ndarray": ndarray, "tensor": tensor},
    }


def _type(column: Column) -> Schema:
    return dict(_TYPES.get(column.type, {}))


def _made_up(signature: Signature) -> list[Any]:
    if signature.columns:
        return [[_VALUES.get(_type(column).get("type", ""), 1.0) for column in signature.columns]]
    if signature.tensors:
        return list(np.ones([max(1, axis) for axis in signature.tensors[0].shape]).tolist())
    return [[1.0, 2.0]]
