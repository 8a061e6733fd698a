"""An API server that knows three people by their tokens, and one SeldonDeployment which one of them may patch."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from sdep.cluster.credentials import Credentials

OPERATOR, ANN, BOB = "token-of-the-operator", "token-of-ann", "token-of-bob"
_USERS = {OPERATOR: "operator", ANN: "ann", BOB: "bob"}
_MAY_PATCH = {"ann"}


class Authority:
    """`asked` are access reviews, `patched` who wrote what; the first `overtaken` writes come after one of somebody else."""

    def __init__(self, body: dict[str, Any], overtaken: int = 0) -> None:
        self.body = body
        self.asked: list[dict[str, Any]] = []
        self.patched: list[tuple[str, dict[str, Any]]] = []
        self._overtaken = overtaken

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[Credentials]:
        """The operator's credentials, for as long as the block runs."""
        app = web.Application()
        sdep = "/apis/machinelearning.seldon.io/v1/namespaces/models/seldondeployments/prices"
        app.add_routes(
            [
                web.post("/apis/authentication.k8s.io/v1/tokenreviews", self._token),
                web.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", self._access),
                web.get(sdep, self._read),
                web.patch(sdep, self._patch),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield Credentials(f"http://127.0.0.1:{port}", token=OPERATOR)
        await runner.cleanup()

    async def _token(self, request: web.Request) -> web.Response:
        assert _who(request) == "operator"
        name = _USERS.get((await request.json())["spec"]["token"])
        known = {"authenticated": True, "user": {"username": name, "groups": ["traders"], "extra": {"id": ["7"]}}}
        return web.json_response({"status": known if name else {"error": "invalid bearer token"}}, status=201)

    async def _access(self, request: web.Request) -> web.Response:
        assert _who(request) == "operator"
        spec = (await request.json())["spec"]
        self.asked.append(spec)
        return web.json_response({"status": {"allowed": spec["user"] in _MAY_PATCH}}, status=201)

    async def _read(self, _: web.Request) -> web.Response:
        return web.json_response(self.body)

    async def _patch(self, request: web.Request) -> web.Response:
        patch, metadata = await request.json(), self.body["metadata"]
        if self._overtaken:
            self._overtaken -= 1
            metadata["resourceVersion"] += "1"
        if patch["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            return web.json_response({"message": "the object has been modified"}, status=409)
        self.patched.append((_who(request), patch["metadata"]["annotations"]))
        return web.json_response(self.body)


def command(annotations: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(annotations["sdep.io/rollout-command"]))


def _who(request: web.Request) -> str:
    return _USERS[request.headers["Authorization"].removeprefix("Bearer ")]
