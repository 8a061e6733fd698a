"""v1's REST API of a class: the calls of an engine, and the paths that v1's wrapper answered to clients besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from sdep.contract import METRICS_PATH, PREDICTIONS_PATH
from sdep.runtime.classes.error_handler import handled_failure
from sdep.runtime.classes.plain import written
from sdep.runtime.classes.question import from_json, list_from_json
from sdep.runtime.classes.service import Raw
from sdep.runtime.errors import BadDataError
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import GET, GET_OR_POST, POST, Handler, Route
from sdep.runtime.message import Message
from sdep.runtime.metrics import CONTENT_TYPE
from sdep.runtime.seldon.codec import encode

if TYPE_CHECKING:
    from sdep.runtime.classes.component import Transforming
    from sdep.runtime.classes.service import ClassService
    from sdep.runtime.http.probes import Probes
    from sdep.runtime.http.request import Request

OK = 200


class ClassRoutes:
    """`service` answers once the class is loaded; only the external paths are measured, for an engine measures its calls."""

    def __init__(self, service: ClassService, probes: Probes, metrics_path: str) -> None:
        self._service = service
        self._probes = probes
        self._metrics_path = metrics_path
        self._predict = self._transform("predict")

    def routes(self) -> dict[str, Route]:
        transform_input, transform_output = self._transform("transform_input"), self._transform("transform_output")
        predictions, feedback = (
            _route(POST, self._external, "predictions"),
            _route(POST, self._send_feedback, "feedback"),
        )
        status, metadata = _route(GET, self._status), _route(GET, self._metadata)
        return {
            **self.scraped(),
            "/predict": _route(GET_OR_POST, self._predict),
            "/transform-input": _route(GET_OR_POST, transform_input),
            "/transform-output": _route(GET_OR_POST, transform_output),
            "/route": _route(GET_OR_POST, self._route),
            "/aggregate": _route(GET_OR_POST, self._aggregate),
            "/send-feedback": _route(GET_OR_POST, self._send_feedback),
            "/health/status": status,
            "/metadata": metadata,
            PREDICTIONS_PATH: predictions,
            "/api/v0.1/predictions": predictions,
            "/api/v1.0/feedback": feedback,
            "/api/v0.1/feedback": feedback,
            "/api/v1.0/health/status": status,
            "/api/v1.0/metadata": metadata,
        }

    def scraped(self) -> dict[str, Route]:
        """What the port for metrics answers, and the main one too."""
        page = Route(GET, self._page)
        return {**self._probes.routes(), METRICS_PATH: page, "/metrics": page, self._metrics_path: page}

    def _transform(self, step: Transforming) -> Handler:
        async def handle(request: Request) -> Response:
            body = await request.json()
            raw = await self._service.raw("rest", step, body)
            if raw is not None:
                return _written(raw, chooses_code=step == "predict")
            return _message(await self._service.transform(step, from_json(body)))

        return handle

    async def _external(self, request: Request) -> Response:
        response = await self._predict(request)
        self._service.answered()
        return response

    async def _route(self, request: Request) -> Response:
        body = await request.json()
        raw = await self._service.raw("rest", "route", body)
        return _message(await self._service.route(from_json(body))) if raw is None else _written(raw)

    async def _aggregate(self, request: Request) -> Response:
        body = await request.json()
        raw = await self._service.raw("rest", "aggregate", body)
        return _message(await self._service.aggregate(list_from_json(body))) if raw is None else _written(raw)

    async def _send_feedback(self, request: Request) -> Response:
        """Through the message of gRPC, as in v1: it is what `send_feedback_raw` gets over REST too."""
        from sdep.runtime.rpc.convert import feedback_of  # noqa: PLC0415 - protobuf, for those who send any

        body = await request.json()
        if not isinstance(body, dict):
            raise BadDataError("a feedback must be a JSON object with request, response, reward or truth")
        answer = await self._service.feedback(feedback_of(body), "rest")
        return _written(answer) if isinstance(answer, Raw) else _message(answer)

    async def _status(self, _: Request) -> Response:
        raw = await self._service.raw("rest", "health_status")
        return _message(await self._service.health()) if raw is None else _written(raw)

    async def _metadata(self, _: Request) -> Response:
        return Response(orjson.dumps(self._service.metadata()))

    async def _page(self, _: Request) -> Response:
        found = (await self._service.collected()).exposition
        return Response(found.encode(), content_type=CONTENT_TYPE.encode())


def _route(methods: tuple[str, ...], handler: Handler, service: str = "") -> Route:
    return Route(methods, handler, service, handled_failure)


def _message(message: Message) -> Response:
    payload = message.payload
    if payload.kind != "tftensor":
        return Response(encode(message))
    from sdep.runtime.classes.tftensor import write_tftensor  # noqa: PLC0415 - few need it

    body = orjson.loads(encode(Message(payload._replace(kind="tensor"), message.meta)))
    body["data"] = {"names": payload.names, "tftensor": write_tftensor(payload.value)}
    return Response(orjson.dumps(body))


def _written(raw: Raw, *, chooses_code: bool = False) -> Response:
    """A raw prediction may choose the status of its answer, as `status.code`."""
    answer = raw.answer
    if hasattr(answer, "DESCRIPTOR"):
        from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - it is there already

        answer = MessageToDict(answer)
    code = _code(answer) if chooses_code else OK
    return Response(written(answer), code)


def _code(answer: object) -> int:
    status = answer.get("status") if isinstance(answer, dict) else None
    code = status.get("code") if isinstance(status, dict) else None
    return code if isinstance(code, int) and code in range(100, 600) else OK
