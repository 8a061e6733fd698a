"""A thin client of the Kubernetes API: the few calls that a reconciler makes, each one request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.cluster.credentials import Credentials
from sdep.cluster.outage import Outage
from sdep.cluster.paths import collection, path
from sdep.errors import InvalidError, LeavingError, SdepError, TransientError
from sdep.render.manifest import Key, Manifest, key_of

FIELD_MANAGER = "sdep-operator"
_SOON_SECONDS = 3.0
_HTTP_NOT_FOUND = 404
_HTTP_CONFLICT = 409
_HTTP_UNAVAILABLE = 503
_HTTP_REFUSED = {400, 403, _HTTP_NOT_FOUND, _HTTP_CONFLICT, 422}
"""404 for what is to be there afterwards means that its kind or its namespace is not there."""
_TRY_AGAIN = {"PATCH", "DELETE"}
"""What a conflict is a moment's matter for; who posts or puts wants to know that somebody else was first."""
_LEAVING = "NamespaceTerminating"
_UNKNOWN_FIELD = "field not declared in schema"
"""A server-side apply with a field that its kind does not have is answered with 500."""


class Cluster:
    """One session, kept alive, for all calls. `outage` is told, in the event loop's time, whether the API server answers them."""

    def __init__(self, credentials: Credentials, traces: Sequence[aiohttp.TraceConfig] = ()) -> None:
        self._credentials = credentials
        timeout = aiohttp.ClientTimeout(total=30, connect=10)
        connector = aiohttp.TCPConnector(ssl=credentials.ssl_context(), limit=32)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, trace_configs=list(traces))
        self.outage = Outage()

    async def close(self) -> None:
        await self._session.close()

    async def get(self, key: Key) -> dict[str, Any] | None:
        """The object, or None where there is none."""
        return await self._call("GET", path(key), missing_is_none=True)

    async def apply(self, manifest: Manifest) -> dict[str, Any]:
        """Server-side apply under our own field manager; the object as it is afterwards."""
        params = {"fieldManager": FIELD_MANAGER, "force": "true"}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        answer = await self._call("PATCH", path(manifest.key), manifest.body, params=params, headers=headers)
        return answer or {}

    async def take_over(self, live: Mapping[str, Any]) -> None:
        """Make the fields that Seldon Core v1's manager wrote ours, so that those that are wanted no longer go with the next apply."""
        fields = live["metadata"].get("managedFields") or ()
        places = [number for number, entry in enumerate(fields) if _is_v1s(entry)]
        if places and not any(entry.get("manager") == FIELD_MANAGER for entry in fields):
            place = f"/metadata/managedFields/{places[0]}"
            version = {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}
            ours = (("manager", FIELD_MANAGER), ("operation", "Apply"))
            renamed = [{"op": "replace", "path": f"{place}/{name}", "value": value} for name, value in ours]
            await self.json_patch(key_of(dict(live)), [version, *renamed])

    async def delete(self, key: Key, uid: str, *, keep_dependents: bool = False) -> None:
        """Delete the object that has this uid, and its dependents in the background or not at all; gone already is fine."""
        body = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": "Orphan" if keep_dependents else "Background",
            "preconditions": {"uid": uid},
        }
        await self._call("DELETE", path(key), body, missing_is_none=True)

    async def replace_status(self, namespace: str, name: str, status: dict[str, Any]) -> dict[str, Any] | None:
        """Put the whole status in place and return the object; None where it is gone by now."""
        patch = [{"op": "add", "path": "/status", "value": status}]
        headers = {"Content-Type": "application/json-patch+json"}
        status_path = path(Key(API_VERSION, KIND, namespace, name)) + "/status"
        return await self._call("PATCH", status_path, patch, headers=headers, missing_is_none=True)

    async def objects(
        self, api: str, kind: str, namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Every object of a kind, of one namespace or (None) of all; none where the cluster does not know the kind."""
        params = {name: value for name, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}
        answer = await self._call("GET", collection(api, kind, namespace), params=params, missing_is_none=True)
        items = (answer or {}).get("items") or ()
        return [{"apiVersion": api, "kind": kind, **item} for item in items]

    async def create(self, key: Key, body: dict[str, Any]) -> dict[str, Any]:
        """The object as created. Raises InvalidError where one of that name is there by now."""
        return await self._call("POST", collection(key.api, key.kind, key.namespace), body) or {}

    async def replace(self, key: Key, body: dict[str, Any]) -> dict[str, Any]:
        """Put a read and changed object back. Raises InvalidError where somebody else wrote to it in between."""
        return await self._call("PUT", path(key), body) or {}

    async def json_patch(self, key: Key, operations: list[dict[str, Any]]) -> dict[str, Any]:
        """Change single fields. Raises InvalidError where an operation `test` fails."""
        headers = {"Content-Type": "application/json-patch+json"}
        return await self._call("PATCH", path(key), operations, headers=headers) or {}

    async def served(self, group: str, version: str) -> set[str]:
        """The plural names of the kinds of a group's version; none where the API server does not know it."""
        root = f"/apis/{group}" if group else "/api"
        answer = await self._call("GET", f"{root}/{version}", missing_is_none=True)
        return {str(found["name"]) for found in (answer or {}).get("resources") or ()}

    async def ready(self) -> bool:
        """Whether the API server says that it is ready, and so knows all of its kinds; it may not say so to everybody."""
        try:
            await self._call("GET", "/readyz")
        except TransientError:
            return False
        except InvalidError:
            return True
        return True

    async def answers(self) -> bool:
        """Whether the API server answers soon, with whatever it has to say."""
        try:
            async with asyncio.timeout(_SOON_SECONDS):
                await self._call("GET", "/version")
        except TimeoutError:
            return False
        except TransientError as error:
            return error.reason != "ApiServerUnreachable"
        except InvalidError:
            return True
        return True

    async def create_event(self, event: dict[str, Any]) -> None:
        await self._call("POST", collection("v1", "Event", event["metadata"]["namespace"]), event)

    async def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        missing_is_none: bool = False,
    ) -> dict[str, Any] | None:
        sent = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        if token := self._credentials.current_token():
            sent["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body)
        try:
            async with self._session.request(
                method, self._credentials.server + path, data=data, params=params, headers=sent
            ) as answer:
                text = await answer.text()
                self._heard(well=answer.status != _HTTP_UNAVAILABLE)
                if answer.ok:
                    found: dict[str, Any] = json.loads(text) if text.startswith("{") else {}
                    return found
                if missing_is_none and answer.status == _HTTP_NOT_FOUND:
                    return None
                raise _failure(method, path, answer.status, text)
        except (aiohttp.ClientError, TimeoutError) as error:
            self._heard(well=False)
            raise TransientError(
                "ApiServerUnreachable", f"{method} {path}: {str(error) or type(error).__name__}"
            ) from error

    def _heard(self, *, well: bool) -> None:
        now = asyncio.get_running_loop().time()
        (self.outage.answered if well else self.outage.failed)(now)


def _failure(method: str, path: str, status: int, text: str) -> SdepError:
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    message = said.get("message", text)
    if _LEAVING in {cause.get("reason") for cause in (said.get("details") or {}).get("causes") or ()}:
        return LeavingError(_LEAVING, f"{method} {path}: {message}")
    if status == _HTTP_CONFLICT and method in _TRY_AGAIN:
        return TransientError("Conflict", f"{method} {path}: somebody else wrote meanwhile: {message}")
    if status in _HTTP_REFUSED or _UNKNOWN_FIELD in message:
        return InvalidError("Refused", f"the API server refuses {method} {path}: {message}")
    return TransientError("ApiServerError", f"{method} {path} answers {status}: {message}")


def _is_v1s(entry: Mapping[str, Any]) -> bool:
    """Whether a managedFields entry is of v1's controller, which writes under its program's name."""
    return entry.get("manager") == "manager" and entry.get("operation") == "Update" and not entry.get("subresource")
