"""One question in the words of each protocol, as the bytes that go over the wire."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from bench.serving.models import columns, rows
from sdep.runtime.rpc import seldon_pb2 as pb

SELDON_METHOD = "/seldon.protos.Seldon/Predict"
WRAPPER_METHOD = "/seldon.protos.Model/Predict"


class Question(NamedTuple):
    """What is asked of a model: so many rows, with the columns' names or without."""

    model: str = "three"
    rows: int = 1
    named: bool = False


def seldon(question: Question) -> dict[str, Any]:
    data: dict[str, Any] = {"ndarray": rows(question.model, question.rows)}
    if question.named:  # not in the model's order: names that must be looked up
        data = {"names": columns(question.model)[::-1], "ndarray": [row[::-1] for row in data["ndarray"]]}
    return {"data": data}


def seldon_rpc(question: Question) -> bytes:
    values = [value for row in rows(question.model, question.rows) for value in row]
    shape = [question.rows, len(values) // question.rows]
    message = pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=shape, values=values)))
    return message.SerializeToString()


def open_inference(question: Question) -> dict[str, Any]:
    found = rows(question.model, question.rows)
    tensor = {
        "name": "x",
        "shape": [len(found), len(found[0])],
        "datatype": "FP64",
        "data": [value for row in found for value in row],
        "parameters": {"content_type": "np"},
    }
    return {"inputs": [tensor]}


def mlflow(question: Question) -> dict[str, Any]:
    return {"dataframe_split": {"columns": columns(question.model), "data": rows(question.model, question.rows)}}


def request(path: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    )
    return f"{head}\r\n\r\n".encode() + content
