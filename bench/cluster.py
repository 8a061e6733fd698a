"""The few calls of the Kubernetes API that the benchmark makes, over connections that stay open.

Plain requests and plain JSON: what measures must not need the processor that is measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kubernetes import client, config
from urllib3 import Timeout
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.cluster.paths import collection, path
from sdep.render import KINDS
from sdep.render.manifest import Key, key_of

Body = dict[str, Any]

_CONNECTIONS = 48
_CALL_SECONDS = 60
_NAMESPACE = ("v1", "Namespace")
_OK = 300
_NOT_FOUND = 404
_METADATA_ALONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_WHOLE = {"VirtualService", KIND}
"""Kinds of which more than the metadata is looked at."""


class ApiError(Exception):
    """What the API server refuses, or that it does not answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Cluster:
    """Calls raise ApiError. `kinds` are those of our children and owners that this cluster has."""

    def __init__(self, kubeconfig: str) -> None:
        configuration: Any = client.Configuration()
        config.load_kube_config(kubeconfig, client_configuration=configuration)  # type: ignore[no-untyped-call]
        configuration.connection_pool_maxsize = _CONNECTIONS
        self._pool: Any = client.ApiClient(configuration).rest_client.pool_manager
        self._host = str(configuration.host)
        token = configuration.get_api_key_with_prefix("authorization")
        self._headers = {"authorization": str(token)} if token else {}
        self.kinds = tuple(kind for kind in (*KINDS, (API_VERSION, KIND)) if self._serves(*kind))

    @property
    def version(self) -> str:
        return str(self.read("/version")["gitVersion"])

    def create(self, body: Body) -> None:
        key = key_of(body)
        self.send("POST", collection(key.api, key.kind, key.namespace), body)

    def patch(self, key: Key, operations: list[Body]) -> None:
        """A JSON patch (RFC 6902)."""
        self.send("PATCH", path(key), operations, content="application/json-patch+json")

    def delete(self, key: Key) -> None:
        """Dependents go in the background; an object that is gone already is fine."""
        try:
            self.send("DELETE", path(key), {"propagationPolicy": "Background"})
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise

    def events(self, api: str, kind: str, namespace: str, seconds: int) -> Iterator[tuple[str, Body]]:
        """(ADDED, MODIFIED or DELETED, object): first what is there, then what happens, for so many seconds."""
        where = f"{self._host}{collection(api, kind, namespace)}?watch=true&timeoutSeconds={seconds}"
        accept = "application/json" if kind in _WHOLE else _METADATA_ALONE
        headers, timeout = {**self._headers, "accept": accept}, Timeout(connect=10, read=seconds + 60)
        answer = self._pool.request("GET", where, headers=headers, timeout=timeout, preload_content=False)
        if answer.status >= _OK:
            raise ApiError(answer.status, f"the watch of {kind}: {answer.data.decode()}")
        for line in answer:
            event = json.loads(line)
            if event["type"] == "ERROR":
                raise ApiError(event["object"].get("code", 0), f"the watch of {kind}: {event['object']}")
            yield event["type"], {**event["object"], "apiVersion": api, "kind": kind}

    def make_namespace(self, name: str) -> None:
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def remove_namespace(self, name: str, seconds: int) -> None:
        """Delete it with all that is in it. Raises TimeoutError where it is still there after so many seconds."""
        self.delete(Key(*_NAMESPACE, "", name))
        namespaces = collection(*_NAMESPACE, None)
        found = self.read(f"{namespaces}?fieldSelector=metadata.name={name}")
        if not found["items"]:
            return
        query = f"fieldSelector=metadata.name={name}&resourceVersion={found['metadata']['resourceVersion']}"
        url = f"{self._host}{namespaces}?watch=true&{query}&timeoutSeconds={seconds}"
        timeout = Timeout(connect=10, read=seconds + 60)
        for line in self._pool.request("GET", url, headers=self._headers, timeout=timeout, preload_content=False):
            if json.loads(line)["type"] == "DELETED":
                return
        raise TimeoutError(f"namespace {name} is still being deleted after {seconds} s")

    def running_pods(self, namespace: str, selector: str) -> list[Body]:
        found = self.read(
            f"{collection('v1', 'Pod', namespace)}?labelSelector={selector}&fieldSelector=status.phase=Running"
        )
        return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    def read(self, where: str) -> Body:
        found: Body = json.loads(self.text(where))
        return found

    def text(self, where: str) -> str:
        """What the API server answers at a path."""
        return self.send("GET", where).data.decode()

    def send(
        self, method: str, where: str, body: object = None, *, content: str = "application/json"
    ) -> BaseHTTPResponse:
        headers: Mapping[str, str] = {**self._headers, "content-type": content}
        data = None if body is None else json.dumps(body)
        try:
            answer: BaseHTTPResponse = self._pool.request(
                method, self._host + where, body=data, headers=headers, timeout=_CALL_SECONDS, retries=False
            )
        except HTTPError as error:
            raise ApiError(0, f"{method} {where}: {error}") from error
        if answer.status >= _OK:
            raise ApiError(answer.status, f"{method} {where}: {answer.status}: {answer.data.decode()}")
        return answer

    def _serves(self, api: str, kind: str) -> bool:
        try:
            found = self.read(f"/apis/{api}" if "/" in api else f"/api/{api}")
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return any(resource["kind"] == kind for resource in found["resources"])
