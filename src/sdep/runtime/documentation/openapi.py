"""The OpenAPI document of a predictor: the paths that its port serves, in the words of the model behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep import __version__
from sdep.contract import PREDICTIONS_PATH

if TYPE_CHECKING:
    from collections.abc import Container

    from sdep.contract import ServedPredictor
    from sdep.runtime.documentation.schema import Input

    Object = dict[str, Any]

_JSON = "application/json"
_DATATYPES: dict[type, str] = {float: "FP64", int: "INT64", bool: "BOOL", str: "BYTES"}
_MESSAGE = {"$ref": "#/components/schemas/SeldonMessage"}
_FAILURE = {
    "description": "Why there is no answer",
    "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Failure"}}},
}


def document(predictor: ServedPredictor, given: Input, units: list[str], paths: Container[str], root: str) -> Object:
    """`root` is where the paths begin, seen from the document: behind a gateway they do not begin at the top."""
    described = {**_graph(given, units), **_mlflow(given), **_open_inference(given, units[0])}
    served = {path: operation for path, operation in described.items() if path.partition("/{")[0] in paths}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{predictor.deployment}, predictor {predictor.predictor}",
            "version": __version__,
            "description": f"Namespace {predictor.namespace}. A request may bring its id in the header Seldon-Puid.",
        },
        "servers": [{"url": root}],
        "paths": served,
        "components": {"schemas": _schemas(given)},
    }


def _graph(given: Input, units: list[str]) -> dict[str, Object]:
    question = {"data": {**({"names": list(given.names)} if given.names else {}), "ndarray": given.rows}}
    feedback = {"request": question, "response": {"meta": {"routing": {}}}, "reward": 1.0}
    predict = _post("predict", "Predict", question, _MESSAGE, _MESSAGE)
    reward = _post("feedback", "Send feedback", feedback, {"$ref": "#/components/schemas/Feedback"}, _MESSAGE)
    named = {"name": "unit", "in": "path", "required": True, "schema": {"type": "string", "enum": units}}
    return {
        PREDICTIONS_PATH: predict,
        "/api/v1.0/feedback": reward,
        "/api/v1.0/metadata": _get("graphMetadata", "Describe the graph"),
        "/api/v1.0/metadata/{unit}": _get("unitMetadata", "Describe a unit", [named]),
        "/api/v1.0/status": _get("status", "Say whether predictions are answered"),
        "/api/v1.0/status/{unit}": _get("unitStatus", "Say whether a unit is well", [named]),
    }


def _mlflow(given: Input) -> dict[str, Object]:
    question: Object = {"inputs": given.rows}
    if given.names:
        question = {"dataframe_split": {"columns": list(given.names), "data": given.rows}}
    return {
        "/invocations": _post(
            "invocations", "Predict, in the words of MLflow's scoring server", question, {"type": "object"}, {}
        ),
        "/ping": _get("ping", "Say whether the model is loaded"),
        "/version": _get("version", "Tell the version of MLflow"),
    }


def _open_inference(given: Input, model: str) -> dict[str, Object]:
    question = {"inputs": _tensors(given)}
    return {
        f"/v2/models/{model}/infer": _post(
            "infer", "Predict, by the Open Inference Protocol", question, {"type": "object"}, {}
        ),
        f"/v2/models/{model}": _get("modelMetadata", "Describe the model, by the Open Inference Protocol"),
        "/v2/health/ready": _get("ready", "Say whether requests are answered, by the Open Inference Protocol"),
    }


def _tensors(given: Input) -> list[Object]:
    """One for each column where columns have names, else one for all."""
    rows = given.rows
    if given.names:
        columns = zip(given.names, zip(*rows, strict=True), strict=True)
        return [_tensor(name, [len(rows), 1], list(values), list(values)) for name, values in columns]
    array = np.asarray(rows)
    return [_tensor("input-0", list(array.shape), rows, array.ravel().tolist())]


def _tensor(name: str, shape: list[int], data: list[Any], values: list[Any]) -> Object:
    kinds = {type(value) for value in values}
    datatype = _DATATYPES[kinds.pop()] if len(kinds) == 1 and kinds <= _DATATYPES.keys() else "FP64"
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def _post(name: str, summary: str, example: Object, asked: Object, answered: Object) -> Object:
    body = {"required": True, "content": {_JSON: {"schema": asked, "example": example}}}
    return {"post": {"operationId": name, "summary": summary, "requestBody": body, "responses": _responses(answered)}}


def _get(name: str, summary: str, parameters: list[Object] | None = None) -> Object:
    return {
        "get": {"operationId": name, "summary": summary, "parameters": parameters or [], "responses": _responses({})}
    }


def _responses(answered: Object) -> Object:
    return {"200": {"description": "The answer", "content": {_JSON: {"schema": answered}}}, "default": _FAILURE}


def _schemas(given: Input) -> Object:
    meta = {
        "type": "object",
        "properties": {
            "puid": {"type": "string", "description": "the request's id"},
            "tags": {"type": "object"},
            "routing": {"type": "object", "additionalProperties": {"type": "integer"}},
            "requestPath": {"type": "object", "additionalProperties": {"type": "string"}},
            "metrics": {"type": "array", "items": {"type": "object"}},
        },
    }
    payloads = {
        "data": given.data,
        "jsonData": {},
        "strData": {"type": "string"},
        "binData": {"type": "string", "contentEncoding": "base64"},
    }
    message = {
        "type": "object",
        "properties": {**payloads, "meta": meta},
        "oneOf": [{"required": [kind]} for kind in payloads],
    }
    parts = {
        "request": {"type": "object"},
        "response": {"type": "object"},
        "truth": {"type": "object"},
        "reward": {"type": "number"},
    }
    status = {
        "type": "object",
        "properties": {
            "code": {"type": "integer"},
            "info": {"type": "string"},
            "reason": {"type": "string"},
            "status": {"const": "FAILURE"},
        },
    }
    return {
        "SeldonMessage": message,
        "Feedback": {"type": "object", "properties": parts},
        "Failure": {"type": "object", "properties": {"status": status}},
    }
