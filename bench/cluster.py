"""The few calls of the Kubernetes API that the benchmark makes, over connections that stay open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.render import KINDS
from sdep.render.manifest import Key, key_of

Body = dict[str, Any]

_CONNECTIONS = 32
_CALL_SECONDS = 30
_NAMESPACE = ("v1", "Namespace")
_NOT_FOUND = 404


class Cluster:
    """Calls raise kubernetes' ApiException, which says what the API server refuses."""

    def __init__(self, kubeconfig: str) -> None:
        configuration = client.Configuration()
        config.load_kube_config(kubeconfig, client_configuration=configuration)  # type: ignore[no-untyped-call]
        configuration.connection_pool_maxsize = _CONNECTIONS
        self._api: Any = DynamicClient(client.ApiClient(configuration))  # type: ignore[no-untyped-call]
        known = (*KINDS, (API_VERSION, KIND), _NAMESPACE, ("v1", "Pod"))
        self._resources = {(api, kind): self._api.resources.get(api_version=api, kind=kind) for api, kind in known}

    @property
    def version(self) -> str:
        return str(self._api.version["kubernetes"]["gitVersion"])

    def create(self, body: Body) -> None:
        key = key_of(body)
        self._resource(key).create(body=body, namespace=key.namespace or None, _request_timeout=_CALL_SECONDS)

    def patch(self, key: Key, operations: list[Body]) -> None:
        """A JSON patch (RFC 6902)."""
        content_type = "application/json-patch+json"
        self._resource(key).patch(
            operations, key.name, key.namespace, content_type=content_type, _request_timeout=_CALL_SECONDS
        )

    def delete(self, key: Key) -> None:
        """Dependents go in the background; an object that is gone already is fine."""
        try:
            self._resource(key).delete(key.name, key.namespace or None, _request_timeout=_CALL_SECONDS)
        except ApiException as error:
            if error.status != _NOT_FOUND:
                raise

    def events(self, api: str, kind: str, namespace: str, seconds: int) -> Iterator[tuple[str, Body]]:
        """(ADDED, MODIFIED or DELETED, object): first what is there, then what happens, for so many seconds."""
        for event in self._resources[api, kind].watch(namespace=namespace, timeout=seconds):
            yield event["type"], event["raw_object"]

    def remove_namespace(self, name: str, seconds: int) -> None:
        """Delete it with all that is in it. Raises TimeoutError where it is still there after so many seconds."""
        namespaces = self._resources[_NAMESPACE]
        self.delete(Key(*_NAMESPACE, "", name))
        found = namespaces.get(field_selector=f"metadata.name={name}")
        if not found.items:
            return
        start = found.metadata.resourceVersion
        for event in namespaces.watch(name=name, resource_version=start, timeout=seconds):
            if event["type"] == "DELETED":
                return
        raise TimeoutError(f"namespace {name} is still being deleted after {seconds} s")

    def running_pods(self, namespace: str, selector: str) -> list[str]:
        found = self._resources["v1", "Pod"].get(
            namespace=namespace, label_selector=selector, field_selector="status.phase=Running"
        )
        return [pod.metadata.name for pod in found.items if not pod.metadata.deletionTimestamp]

    def read(self, path: str) -> str:
        """What the API server answers at a path, as text."""
        answer = self._api.request("get", path, serialize=False, _request_timeout=_CALL_SECONDS)
        return str(answer.data.decode())

    def _resource(self, key: Key) -> Any:  # noqa: ANN401 - kubernetes gives its dynamic client no types
        return self._resources[key.api, key.kind]
