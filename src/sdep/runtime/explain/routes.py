"""Where explanations are asked for: v1's paths, TensorFlow's and the Open Inference Protocol's, whatever model they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

from sdep import __version__
from sdep.contract import EXAMPLE_PATH
from sdep.runtime.errors import NotFoundError, NotReadyError
from sdep.runtime.explain.picture import SVG, drawn
from sdep.runtime.explain.question import of_inference, of_seldon, of_tensorflow
from sdep.runtime.explain.wanted import picture_wanted
from sdep.runtime.http.response import Response, plain_failure
from sdep.runtime.http.routes import ANY, GET, POST, Route
from sdep.runtime.openinference.rest import write_answer
from sdep.runtime.openinference.tensor import Inference, Tensor, Wanted

if TYPE_CHECKING:
    from sdep.runtime.explain.desk import Desk
    from sdep.runtime.explain.explanation import Explanation
    from sdep.runtime.http.probes import Probes
    from sdep.runtime.http.request import Request
    from sdep.runtime.message import Payload

V1_PATHS = ("/api/v1.0/explain", "/api/v1.0/explanations", "/api/v0.1/explain", "/explain")
OUTPUT = "explanation"
SERVICE = "explanations"
"""The label of the metric."""


class ExplainRoutes:
    """`desk` is set once the model is loaded."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes
        self.desk: Desk | None = None

    def routes(self) -> dict[str, Route]:
        ready = Route(GET, self._probes.ready, failure=plain_failure)
        return {
            **self._probes.routes(),
            **{path: Route(POST, self._seldon, SERVICE) for path in V1_PATHS},
            EXAMPLE_PATH: Route(GET, self._example, SERVICE),
            "/v2/health/ready": ready,
            "/v2/health/live": Route(GET, self._live, failure=plain_failure),
            "/metrics": Route(GET, self._probes.metrics),
        }

    def below(self) -> dict[str, Route]:
        return {
            "/v1/models": Route(POST, self._tensorflow, SERVICE, plain_failure),
            "/v2/models/": Route(ANY, self._inference, SERVICE, plain_failure),
        }

    async def _seldon(self, request: Request) -> Response:
        picture = picture_wanted(request)
        found = await self._explained(of_seldon(await request.json()))
        return _answered(found, picture=picture)

    async def _tensorflow(self, request: Request) -> Response:
        if not request.tail.endswith(":explain"):
            raise NotFoundError(f"nothing is served at {request.path}: ask at /v1/models/NAME:explain")
        picture = picture_wanted(request)
        found = await self._explained(of_tensorflow(await request.json()))
        return _answered(found, picture=picture)

    async def _inference(self, request: Request) -> Response:
        """The explanation as one text, as v1 has it."""
        name, _, rest = request.tail.partition("/")
        if rest == "ready" and request.method == "GET":
            return await self._probes.ready(request)
        if rest != "infer" or request.method != "POST":
            raise NotFoundError(f"nothing is served at {request.path}: post to /v2/models/NAME/infer")
        payload, given = of_inference(request.body)
        text = (await self._explained(payload)).json(__version__).decode()
        tensor = Tensor(OUTPUT, np.array([[text]], dtype=object), {"content_type": "str"})
        return Response(write_answer(name, "", Inference((tensor,), id=given), Wanted()).body)

    async def _example(self, request: Request) -> Response:
        picture = picture_wanted(request)
        return _answered(await self._ready_desk().example(), picture=picture)

    async def _explained(self, payload: Payload) -> Explanation:
        return await self._ready_desk().explain(payload)

    def _ready_desk(self) -> Desk:
        if self.desk is None:
            raise NotReadyError("the model is still being loaded")
        return self.desk

    async def _live(self, _: Request) -> Response:
        return Response(orjson.dumps({"live": True}))


def _answered(found: Explanation, *, picture: bool) -> Response:
    if picture:
        return Response(drawn(found.picture).encode(), content_type=SVG.encode())
    return Response(found.json(__version__), content_type=b"application/json; charset=UTF-8")
