"""The Open Inference Protocol over HTTP, for a whole graph, under each name that the graph has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn

import orjson

from sdep.runtime.errors import BadDataError, NotFoundError
from sdep.runtime.http.announce import announce
from sdep.runtime.http.response import JSON, Response, plain_failure
from sdep.runtime.http.routes import ANY, GET, POST, Handler, Route
from sdep.runtime.openinference.rest import read_request, write_answer

if TYPE_CHECKING:
    from sdep.runtime.http.probes import Probes
    from sdep.runtime.http.request import Request
    from sdep.runtime.openinference.api import OpenInferenceApi
    from sdep.runtime.openinference.names import Known
    from sdep.runtime.seldon.api import SeldonApi

BASE = "/v2"
LENGTH_HEADER = b"inference-header-content-length"
_BINARY = b"application/octet-stream"


class OpenInferenceRoutes:
    """Paths are made from the names there are, once: finding one costs no more than any other path."""

    def __init__(self, inference: OpenInferenceApi, api: SeldonApi, probes: Probes) -> None:
        self._inference = inference
        self._api = api
        self._probes = probes

    def routes(self) -> dict[str, Route]:
        routes = {
            BASE: _get(self._server),
            f"{BASE}/health/live": _get(self._live),
            f"{BASE}/health/ready": _get(self._ready),
            f"{BASE}/models/infer": _post(partial(self._infer, self._inference.root)),  # v1's extension
        }
        for known in self._inference.names.values():
            model = f"{BASE}/models/{known.name}"
            for path in (model, *(f"{model}/versions/{version}" for version in known.versions)):
                routes[path] = _get(partial(self._metadata, known), "metadata")
                routes[f"{path}/ready"] = _get(partial(self._model_ready, known), "status")
                routes[f"{path}/infer"] = _post(partial(self._infer, known))
        return routes

    def below(self) -> dict[str, Route]:
        return {f"{BASE}/": Route(ANY, self._nothing, failure=plain_failure)}

    async def _nothing(self, request: Request) -> NoReturn:
        """Say which part of the path nobody here has."""
        section, name, version = (*request.tail.split("/"), "", "")[:3]
        number = (*request.tail.split("/"), "", "", "", "")[3]
        if section == "models" and name:
            self._inference.known(name, number if version == "versions" else "")
        raise NotFoundError(f"nothing is served at {BASE}/{request.tail}")

    async def _infer(self, known: Known, request: Request) -> Response:
        asked = read_request(request.body, _length(request))
        announce(request, self._api, own=asked.inference.id)
        request.puid = request.puid or asked.inference.id
        answer = await self._inference.infer(asked.inference, asked.wanted, request.puid)
        written = write_answer(known.name, self._inference.version(), answer, asked.wanted)
        if written.json_length is None:
            return Response(written.body)
        headers = ((LENGTH_HEADER, str(written.json_length).encode()),)
        return Response(written.body, content_type=_BINARY, headers=headers)

    async def _metadata(self, known: Known, _: Request) -> Response:
        return Response(orjson.dumps(await self._inference.metadata(known)))

    async def _server(self, _: Request) -> Response:
        return Response(orjson.dumps(self._inference.server()))

    async def _live(self, _: Request) -> Response:
        return Response(orjson.dumps({"live": True}))

    async def _ready(self, request: Request) -> Response:
        await self._probes.ready(request)
        return Response(orjson.dumps({"ready": True}))

    async def _model_ready(self, known: Known, request: Request) -> Response:
        await self._probes.ready(request)
        return Response(orjson.dumps({"name": known.name, "ready": True}), content_type=JSON)


def _get(handler: Handler, service: str = "") -> Route:
    return Route(GET, handler, service, plain_failure)


def _post(handler: Handler) -> Route:
    return Route(POST, handler, "predictions", plain_failure)


def _length(request: Request) -> int | None:
    given = request.fields.get(LENGTH_HEADER)
    if given is None:
        return None
    if not given.isdigit():
        raise BadDataError(
            f"Inference-Header-Content-Length must be a number of bytes, not '{given.decode('latin-1')}'"
        )
    return int(given)
