"""The page's HTTP server. It reads the store, and asks explainers for pictures: looking at it costs the API server nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web
from pydantic import Field, ValidationError

from sdep.api.base import KubeModel
from sdep.errors import InvalidError, SdepError, TransientError
from sdep.operator.page.actions import Actions
from sdep.operator.page.explainers import address
from sdep.operator.page.feed import Feed
from sdep.operator.page.gathering import gathered
from sdep.operator.page.history import History
from sdep.operator.page.pictures import SVG, Pictures
from sdep.operator.page.static import HEADERS, OF_PICTURES, routes
from sdep.operator.page.views import detail, line
from sdep.operator.store import ObjectName, Store
from sdep.rollout.command import Command, Verb

_GRACE_SECONDS = 1.0
"""How long requests may still take when this replica ends."""
_MOST_REMEMBERED = 20
"""Answers about one SeldonDeployment that are kept until it changes: however many look at it, each change is written out once."""
_LONGEST_WHY = 500
_STATUSES = {"Unauthenticated": 401, "Forbidden": 403, "NotFound": 404, "NoPicture": 502, "TooLarge": 502}
"""Of an answer that explains why not, by its reason; of others 422."""


class Word(KubeModel):
    """What somebody tells a rollout."""

    verb: Verb
    why: str = Field("", max_length=_LONGEST_WHY)


class Page:
    """Listens to the store from the moment it is made. Without `actions` it can be looked at and no more."""

    def __init__(
        self, store: Store, now: Callable[[], str], pictures: Pictures, actions: Actions | None = None
    ) -> None:
        self._store = store
        self._pictures = pictures
        self._actions = actions
        self._history = History(now)
        self._feed = Feed()
        self._remembered: dict[ObjectName, str] = {}
        for name in store.sdeps:
            self._changed(name)
        store.listeners.append(self._changed)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(routes())
        app.add_routes([web.get("/api/sdeps", self._list), web.get("/api/sdeps/{namespace}/{name}", self._detail)])
        app.add_routes([web.get("/api/sdeps/{namespace}/{name}/explanations/{predictor}/{pod}", self._picture)])
        app.add_routes([web.get("/events", self._events)])
        if self._actions:
            app.add_routes([web.post("/api/sdeps/{namespace}/{name}/rollout", self._told)])
        app.on_response_prepare.append(_protect)
        app.on_shutdown.append(self._close)
        return app

    @property
    def listeners(self) -> int:
        """How many browsers look on now."""
        return self._feed.count

    def _changed(self, name: ObjectName) -> None:
        body = self._store.sdeps.get(name)
        self._remembered.pop(name, None)
        if body is None:
            self._history.drop(name)
        else:
            self._history.put(name, body.get("status") or {})
        self._feed.tell(name)

    async def _list(self, _: web.Request) -> web.Response:
        lines = [_json(line(self._store.sdeps[name])) for name in sorted(self._store.sdeps)]
        told = {"items": lines, "since": self._history.since, "actions": self._actions is not None}
        return _answer(json.dumps(told))

    async def _detail(self, request: web.Request) -> web.Response:
        try:
            return _answer(self._whole(_named(request)))
        except InvalidError as error:
            return _refusal(error)

    def _whole(self, name: ObjectName) -> str:
        """Raises InvalidError where there is nothing of that name, or nothing that can be read."""
        if name in self._remembered:
            return self._remembered[name]
        found = gathered(self._store, name)
        if found is None:
            raise _unknown(name)
        whole = detail(found, self._history.samples(name), self._history.since).model_dump_json(by_alias=True)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[name] = whole
        return whole

    async def _picture(self, request: web.Request) -> web.Response:
        predictor, pod = request.match_info["predictor"], request.match_info["pod"]
        try:
            asked = self._address(_named(request), predictor, pod)
            return web.Response(body=await self._pictures.of(asked, pod), content_type=SVG, headers=OF_PICTURES)
        except SdepError as error:
            return _refusal(error)

    def _address(self, name: ObjectName, predictor: str, pod: str) -> str:
        found = gathered(self._store, name)
        asked = address(found, predictor, pod) if found else ""
        if not asked:
            raise InvalidError("NotFound", f"{pod} is no pod of the explainer of {predictor} that is ready now")
        return asked

    async def _told(self, request: web.Request) -> web.Response:
        try:
            command = await self._act(_named(request), _token(request), await request.read())
            return _answer(command.model_dump_json(by_alias=True))
        except ValidationError as error:
            return _refusal(InvalidError("InvalidCall", error.errors()[0]["msg"]))
        except SdepError as error:
            return _refusal(error)

    async def _act(self, name: ObjectName, token: str, said: bytes) -> Command:
        if self._actions is None or name not in self._store.sdeps:
            raise _unknown(name)
        word = Word.model_validate_json(said, by_alias=True, by_name=False)
        return await self._actions.tell(name, token, word.verb, word.why)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """The line of each SeldonDeployment that changed; null for one that is gone. Whoever connects asks for the list first."""
        try:
            with self._feed.listening() as listener:
                response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
                await response.prepare(request)
                with suppress(ConnectionResetError):  # who went away while something was on its way
                    await response.write(b"retry: 1000\n\n")
                    while not self._feed.closed:
                        changed = await listener.changed()
                        await response.write(b"".join(map(self._event, sorted(changed))) or b": nothing new\n\n")
                return response
        except TransientError as error:
            return _refusal(error)

    def _event(self, name: ObjectName) -> bytes:
        body = self._store.sdeps.get(name)
        told = {"namespace": name[0], "name": name[1], "line": _json(line(body)) if body else None}
        return f"data: {json.dumps(told)}\n\n".encode()

    async def _close(self, _: web.Application) -> None:
        self._feed.close()
        await self._pictures.close()


async def serve(port: int, page: Page) -> web.AppRunner:
    """Start answering. A browser that goes away ends its request at once."""
    runner = web.AppRunner(page.app(), access_log=None, handler_cancellation=True, shutdown_timeout=_GRACE_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner


def _named(request: web.Request) -> ObjectName:
    return request.match_info["namespace"], request.match_info["name"]


def _token(request: web.Request) -> str:
    """The caller's bearer token. Raises InvalidError."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidError("Unauthenticated", "give a bearer token of yours, such as `kubectl create token` makes")
    return token.strip()


def _unknown(name: ObjectName) -> InvalidError:
    return InvalidError("NotFound", f"the operator watches no SeldonDeployment {name[1]!r} in namespace {name[0]}")


def _refusal(error: SdepError) -> web.Response:
    status = 503 if isinstance(error, TransientError) else _STATUSES.get(error.reason, 422)
    return _answer(json.dumps({"reason": error.reason, "message": error.message}), status)


def _json(told: KubeModel) -> dict[str, object]:
    return told.model_dump(mode="json", by_alias=True)


def _answer(text: str, status: int = 200) -> web.Response:
    response = web.json_response(text=text, status=status)
    response.enable_compression()
    return response


async def _protect(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
