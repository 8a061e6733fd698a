"""MLflow's scoring protocol: what `mlflow models serve` answers, for the whole graph."""

from __future__ import annotations

import base64
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from sdep.runtime.errors import BadDataError, ServingError, UnitError
from sdep.runtime.http.announce import announce
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import GET, POST, Route
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.seldon.codec import parse_json, read, serialisable
from sdep.runtime.seldon.jsonable import jsonable
from sdep.runtime.servers.invocation import Invocation
from sdep.runtime.servers.model import Result

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.lifecycle import Lifecycle
    from sdep.runtime.seldon.api import SeldonApi

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
_CODES = {404: "RESOURCE_DOES_NOT_EXIST", 429: "REQUEST_LIMIT_EXCEEDED", 503: "TEMPORARILY_UNAVAILABLE"}
_BAD_REQUEST = 400


class UnsupportedMediaError(ServingError):
    """MLflow says this one in plain text."""

    code = 415


class InvocationsRoutes:
    def __init__(self, api: SeldonApi, lifecycle: Lifecycle) -> None:
        self._api = api
        self._lifecycle = lifecycle

    def routes(self) -> dict[str, Route]:
        ping = Route(GET, self._ping)
        return {
            "/invocations": Route(POST, self._invocations, "invocations"),
            "/ping": ping,
            "/health": ping,
            "/version": Route(GET, self._version),
        }

    async def _invocations(self, request: Request) -> Response:
        try:
            request.puid = announce(request, self._api) or request.puid
            invocation = read_invocation(request.body, request.content_type)
            payload = Payload(invocation, "invocation", params=invocation.params)
            answer = await self._api.answer(Message(payload, Meta(request.puid)))
            return Response(encoded(answer.payload, bare=invocation.is_conversation))
        except UnsupportedMediaError as error:
            return Response(error.message.encode(), error.code, b"text/plain; charset=utf-8")
        except ServingError as error:
            return refusal(error)

    async def _ping(self, _: Request) -> Response:
        return Response(b"\n", 200 if self._lifecycle.ready else 503)

    async def _version(self, _: Request) -> Response:
        return Response(metadata.version("mlflow-skinny").encode())


def read_invocation(body: bytes, content_type: str) -> Invocation:
    """Raise `UnsupportedMediaError` for a content type that MLflow does not take either."""
    media, *parameters = (part.strip() for part in content_type.split(";"))
    given = {name.lower(): value.lower() for name, _, value in (part.partition("=") for part in parameters)}
    if given.pop("charset", "utf-8").strip('"') != "utf-8" or given:
        raise UnsupportedMediaError(f"content type '{content_type}': the only parameter is charset=utf-8")
    if media == "text/csv":
        return Invocation({}, _text(body))
    if media != "application/json":
        raise UnsupportedMediaError(f"content type '{content_type}': send application/json or text/csv")
    parsed = parse_json(body, "the request body")
    if not isinstance(parsed, dict):
        raise BadDataError(
            "the request must be a JSON object with dataframe_split, dataframe_records, instances or inputs"
        )
    return Invocation(parsed)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadDataError(f"the request body is not UTF-8: {error}") from error


def encoded(payload: Payload, *, bare: bool) -> bytes:
    """Write `{"predictions": …}`; `bare`, without the field. What is not finite becomes null."""
    predictions = _predictions(payload)
    options = _OPTIONS | (orjson.OPT_SERIALIZE_NUMPY if isinstance(predictions, np.ndarray) else 0)
    return orjson.dumps(predictions if bare else {"predictions": predictions}, default=_jsonable, option=options)


def _predictions(payload: Payload) -> object:
    value = payload.value.value if isinstance(payload.value, Result) else read(payload).value
    if isinstance(value, np.ndarray):
        return serialisable(value)
    if hasattr(value, "to_frame"):  # a Series
        value = value.to_frame()
    return value.to_dict(orient="records") if hasattr(value, "to_dict") else value


def _jsonable(value: Any) -> object:  # noqa: ANN401 - as `jsonable`
    if isinstance(value, (bytes, bytearray)):
        return base64.encodebytes(value).decode("ascii")
    if hasattr(value, "model_dump"):
        return value.model_dump()
    return jsonable(value)


def refusal(error: ServingError) -> Response:
    """MLflow's error object. What a model raises is a bad request there; a container's failure keeps its own status."""
    raised = type(error) is UnitError
    code = _BAD_REQUEST if raised else error.code
    word = "BAD_REQUEST" if code == _BAD_REQUEST else _CODES.get(code, "INTERNAL_ERROR")
    body = {"error_code": getattr(error, "error_code", word), "message": error.message}
    return Response(orjson.dumps(body), code)
