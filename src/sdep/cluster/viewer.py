"""The same door for people who look: lists, watches, logs, and what an apply would make of an object."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from sdep.api.seldon_deployment import API_VERSION, KIND, PLURAL
from sdep.cluster.client import FIELD_MANAGER, Cluster
from sdep.errors import TransientError
from sdep.render.ingress import ROUTE_KINDS
from sdep.render.manifest import Manifest

_IRREGULAR = {KIND: PLURAL, **{kind.name: kind.plural for kind in ROUTE_KINDS}}
_WATCH_SECONDS = 300


class Viewer(Cluster):
    """What the command line needs of a cluster beyond what a reconciler does."""

    async def objects(
        self, api: str, kind: str, namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Every object of a kind, of one namespace or (None) of all; none where the cluster does not know the kind."""
        params = {name: value for name, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}
        answer = await self._call("GET", _collection(api, kind, namespace), params=params, missing_is_none=True)
        items = (answer or {}).get("items") or ()
        return [{"apiVersion": api, "kind": kind, **item} for item in items]

    async def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> list[str]:
        """The last lines that a container wrote, of its run before where `previous`; none where it never ran."""
        params = {"container": container, "tailLines": str(lines), "previous": str(previous).lower()}
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        async with self._session.get(self._url(path), params=params, headers=self._headers()) as answer:
            return (await answer.text()).splitlines() if answer.ok else []

    async def dry_run(self, manifest: Manifest) -> dict[str, Any]:
        """The object as it would be after the operator's apply."""
        params = {"fieldManager": FIELD_MANAGER, "force": "true", "dryRun": "All"}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        key = manifest.key
        path = f"{_collection(key.api, key.kind, key.namespace)}/{key.name}"
        return await self._call("PATCH", path, manifest.body, params=params, headers=headers) or {}

    async def annotate(self, body: Mapping[str, Any], name: str, value: str | None) -> None:
        """Set an annotation of a SeldonDeployment as it was read, or remove it (None). Fails where it changed meanwhile."""
        metadata = body["metadata"]
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "annotations": {name: value}}}
        path = f"{_collection(API_VERSION, KIND, metadata['namespace'])}/{metadata['name']}"
        await self._call("PATCH", path, patch, headers={"Content-Type": "application/merge-patch+json"})

    async def changes(self, api: str, kind: str, namespace: str | None, *, labels: str = "") -> AsyncIterator[None]:
        """Something of this kind changed: once at the start, then with every change, until the API server ends the watch."""
        params = {"watch": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        if labels:
            params["labelSelector"] = labels
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_WATCH_SECONDS + 10)
        path = _collection(api, kind, namespace)
        try:
            async with self._session.get(
                self._url(path), params=params, headers=self._headers(), timeout=timeout
            ) as answer:
                if not answer.ok:
                    text = await answer.text()
                    raise TransientError("ApiServerError", f"GET {path} answers {answer.status}: {_said(text)}")
                yield None
                async for _ in answer.content:
                    yield None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TransientError("ApiServerUnreachable", f"GET {path}: {str(error) or type(error).__name__}") from error

    def _url(self, path: str) -> str:
        return self._credentials.server + path

    def _headers(self) -> dict[str, str]:
        token = self._credentials.current_token()
        return {"Authorization": f"Bearer {token}"} if token else {}


def _collection(api: str, kind: str, namespace: str | None) -> str:
    prefix = f"/apis/{api}" if "/" in api else f"/api/{api}"
    plural = _IRREGULAR.get(kind, f"{kind.lower()}s")
    return f"{prefix}/namespaces/{namespace}/{plural}" if namespace else f"{prefix}/{plural}"


def _said(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text
