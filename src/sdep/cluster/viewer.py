"""The same door for people who look: lists, watches, logs, and what an apply would make of an object."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.cluster.client import FIELD_MANAGER, Cluster
from sdep.cluster.paths import collection, path
from sdep.errors import TransientError
from sdep.render.manifest import Key, Manifest, key_of

_WATCH_SECONDS = 300


class Viewer(Cluster):
    """What the command line needs of a cluster beyond what a reconciler does."""

    async def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> list[str]:
        """The last lines that a container wrote, each after its time; of its run before where `previous`. None where it never ran."""
        wanted = {"container": container, "tailLines": str(lines), "previous": str(previous).lower()}
        params = {**wanted, "timestamps": "true"}
        log_path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        async with self._session.get(self._url(log_path), params=params, headers=self._headers()) as answer:
            return (await answer.text()).splitlines() if answer.ok else []

    async def dry_run(self, manifest: Manifest) -> dict[str, Any]:
        """The object as it would be after the operator's apply."""
        params = {"fieldManager": FIELD_MANAGER, "force": "true", "dryRun": "All"}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        return await self._call("PATCH", path(manifest.key), manifest.body, params=params, headers=headers) or {}

    async def apply_as(self, manager: str, body: Mapping[str, Any], *, take_over: bool) -> dict[str, Any]:
        """Server-side apply of what a user wrote. Fails where a field is another manager's, unless it is to be taken over."""
        params = {"fieldManager": manager, "force": str(take_over).lower()}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        return await self._call("PATCH", path(key_of(dict(body))), body, params=params, headers=headers) or {}

    async def annotate(self, body: Mapping[str, Any], name: str, value: str | None) -> None:
        """Set an annotation of a SeldonDeployment as it was read, or remove it (None). Fails where it changed meanwhile."""
        metadata = body["metadata"]
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "annotations": {name: value}}}
        key = Key(API_VERSION, KIND, metadata["namespace"], metadata["name"])
        await self._call("PATCH", path(key), patch, headers={"Content-Type": "application/merge-patch+json"})

    async def changes(self, api: str, kind: str, namespace: str | None, *, labels: str = "") -> AsyncIterator[None]:
        """Something of this kind changed: once at the start, then with every change, until the API server ends the watch."""
        params = {"watch": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        if labels:
            params["labelSelector"] = labels
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_WATCH_SECONDS + 10)
        found_at = collection(api, kind, namespace)
        try:
            async with self._session.get(
                self._url(found_at), params=params, headers=self._headers(), timeout=timeout
            ) as answer:
                if not answer.ok:
                    text = await answer.text()
                    raise TransientError("ApiServerError", f"GET {found_at} answers {answer.status}: {_said(text)}")
                yield None
                async for _ in answer.content:
                    yield None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TransientError(
                "ApiServerUnreachable", f"GET {found_at}: {str(error) or type(error).__name__}"
            ) from error

    def _url(self, address: str) -> str:
        return self._credentials.server + address

    def _headers(self) -> dict[str, str]:
        token = self._credentials.current_token()
        return {"Authorization": f"Bearer {token}"} if token else {}


def _said(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text
