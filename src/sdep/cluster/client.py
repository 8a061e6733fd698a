"""A thin client of the Kubernetes API: the few calls that a reconciler makes, each one request."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from sdep.api.seldon_deployment import API_VERSION, KIND, PLURAL
from sdep.cluster.credentials import Credentials
from sdep.errors import InvalidError, SdepError, TransientError
from sdep.render.manifest import Key, Manifest

FIELD_MANAGER = "sdep-operator"
_HTTP_NOT_FOUND = 404
_HTTP_REFUSED = {400, 403, _HTTP_NOT_FOUND, 409, 422}
"""404 for what is to be there afterwards means that its kind or its namespace is not there."""

_PLURALS = {
    "Deployment": "deployments",
    "DestinationRule": "destinationrules",
    "Event": "events",
    "Secret": "secrets",
    "Service": "services",
    "VirtualService": "virtualservices",
    KIND: PLURAL,
}


class Cluster:
    """One session, kept alive, for all calls."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        timeout = aiohttp.ClientTimeout(total=30, connect=10)
        connector = aiohttp.TCPConnector(ssl=credentials.ssl_context(), limit=32)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)

    async def close(self) -> None:
        await self._session.close()

    async def get(self, key: Key) -> dict[str, Any] | None:
        """The object, or None where there is none."""
        return await self._call("GET", _path(key), missing_is_none=True)

    async def apply(self, manifest: Manifest) -> dict[str, Any]:
        """Server-side apply under our own field manager; the object as it is afterwards."""
        params = {"fieldManager": FIELD_MANAGER, "force": "true"}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        answer = await self._call("PATCH", _path(manifest.key), manifest.body, params=params, headers=headers)
        return answer or {}

    async def delete(self, key: Key, uid: str) -> None:
        """Delete the object that has this uid, and its dependents in the background; gone already is fine."""
        body = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        await self._call("DELETE", _path(key), body, missing_is_none=True)

    async def replace_status(self, namespace: str, name: str, status: dict[str, Any]) -> dict[str, Any] | None:
        """Put the whole status in place and return the object; None where it is gone by now."""
        patch = [{"op": "add", "path": "/status", "value": status}]
        headers = {"Content-Type": "application/json-patch+json"}
        path = _path(Key(API_VERSION, KIND, namespace, name)) + "/status"
        return await self._call("PATCH", path, patch, headers=headers, missing_is_none=True)

    async def create_event(self, event: dict[str, Any]) -> None:
        await self._call("POST", _collection(Key("v1", "Event", event["metadata"]["namespace"], "")), event)

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
                if answer.ok:
                    found: dict[str, Any] = json.loads(text)
                    return found
                if missing_is_none and answer.status == _HTTP_NOT_FOUND:
                    return None
                raise _failure(method, path, answer.status, text)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TransientError(
                "ApiServerUnreachable", f"{method} {path}: {str(error) or type(error).__name__}"
            ) from error


def _failure(method: str, path: str, status: int, text: str) -> SdepError:
    try:
        message = json.loads(text).get("message", text)
    except ValueError:
        message = text
    if status in _HTTP_REFUSED:
        return InvalidError("Refused", f"the API server refuses {method} {path}: {message}")
    return TransientError("ApiServerError", f"{method} {path} answers {status}: {message}")


def _collection(key: Key) -> str:
    prefix = f"/apis/{key.api}" if "/" in key.api else f"/api/{key.api}"
    return f"{prefix}/namespaces/{key.namespace}/{_PLURALS[key.kind]}"


def _path(key: Key) -> str:
    return f"{_collection(key)}/{key.name}"
