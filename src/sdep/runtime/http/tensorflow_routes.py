"""TensorFlow Serving's REST API, for a whole graph, under each name that the graph has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from sdep.runtime.errors import NotFoundError, NotReadyError
from sdep.runtime.http.announce import announce
from sdep.runtime.http.response import Response, plain_failure
from sdep.runtime.http.routes import ANY, GET, POST, Handler, Route
from sdep.runtime.message import Message, Meta
from sdep.runtime.tensorflow.predict import read_request, write_answer

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.openinference.api import OpenInferenceApi
    from sdep.runtime.openinference.names import Known
    from sdep.runtime.seldon.api import SeldonApi

BASE = "/v1/models"
_DTYPES = {"BOOL": "DT_BOOL", "FP16": "DT_HALF", "FP32": "DT_FLOAT", "FP64": "DT_DOUBLE", "BYTES": "DT_STRING"}


class TensorflowRoutes:
    def __init__(self, inference: OpenInferenceApi, api: SeldonApi) -> None:
        self._inference = inference
        self._api = api

    def routes(self) -> dict[str, Route]:
        predict = _post(self._predict)
        routes = {f"{BASE}:predict": predict, f"{BASE}/:predict": predict}  # v1's extensions
        for known in self._inference.names.values():
            model = f"{BASE}/{known.name}"
            routes[f"{model}/:predict"] = predict  # the same
            for path in (model, *(f"{model}/versions/{version}" for version in known.versions)):
                routes[f"{path}:predict"] = predict
                routes[path] = _get(partial(self._status, known), "status")
                routes[f"{path}/metadata"] = _get(partial(self._metadata, known), "metadata")
        return routes

    def below(self) -> dict[str, Route]:
        return {f"{BASE}/": Route(ANY, self._nothing, failure=plain_failure)}

    async def _nothing(self, request: Request) -> NoReturn:
        self._inference.known(request.tail.partition("/")[0].partition(":")[0])
        raise NotFoundError(f"nothing is served at {BASE}/{request.tail}")

    async def _predict(self, request: Request) -> Response:
        made = announce(request, self._api)
        asked = read_request(await request.json())
        request.puid = request.puid or made
        answer = await self._api.answer(Message(asked.payload, Meta(request.puid)))
        return Response(write_answer(answer.payload, asked.form))

    async def _status(self, known: Known, _: Request) -> Response:
        if self._api.predictor is None:
            raise NotReadyError("the models are still being loaded")
        said = {
            "version": (*known.versions, "1")[0],
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
        return Response(orjson.dumps({"model_version_status": [said]}))

    async def _metadata(self, known: Known, _: Request) -> Response:
        told = await self._inference.metadata(known)
        signature = {
            "inputs": {each["name"]: _tensor_info(each) for each in told["inputs"]},
            "outputs": {each["name"] or "outputs": _tensor_info(each) for each in told["outputs"]},
            "method_name": "tensorflow/serving/predict",
        }
        spec = {"name": known.name, "signature_name": "", "version": (*known.versions, "1")[0]}
        signatures = {"signature_def": {"serving_default": signature}}
        return Response(orjson.dumps({"model_spec": spec, "metadata": {"signature_def": signatures}}))


def _tensor_info(told: dict[str, Any]) -> dict[str, Any]:
    datatype = str(told.get("datatype", ""))
    sizes = [{"size": str(size), "name": ""} for size in told.get("shape") or ()]
    shape = {"dim": sizes, "unknown_rank": False}
    return {"dtype": _DTYPES.get(datatype, f"DT_{datatype}"), "tensor_shape": shape, "name": told.get("name", "")}


def _get(handler: Handler, service: str) -> Route:
    return Route(GET, handler, service, plain_failure)


def _post(handler: Handler) -> Route:
    return Route(POST, handler, "predictions", plain_failure)
