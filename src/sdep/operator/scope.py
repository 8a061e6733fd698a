"""Which SeldonDeployments are ours where several operators share a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sdep.operator.store import ObjectName, Store
from sdep.settings import OperatorSettings

Body = Mapping[str, Any]
CONTROLLER_ID = "seldon.io/controller-id"


class Scope:
    """The door of the store: what belongs to another operator stays outside, until its label or its namespace's changes."""

    def __init__(self, settings: OperatorSettings, store: Store) -> None:
        self._id = settings.controller_id
        self._clusterwide = not settings.namespaces
        self._store = store
        self._outside: dict[ObjectName, dict[str, Any]] = {}
        self._taken: set[str] = set()

    def owns(self, body: Body) -> bool:
        """Whether a SeldonDeployment carries our controller id and lives in no namespace of another operator."""
        return _label(body) == self._id and body["metadata"]["namespace"] not in self._taken

    def put_sdep(self, body: dict[str, Any]) -> ObjectName:
        name = (body["metadata"]["namespace"], body["metadata"]["name"])
        if self.owns(body):
            self._outside.pop(name, None)
            return self._store.put_sdep(body)
        self._outside[name] = body
        if known := self._store.sdeps.get(name):
            self._store.drop_sdep(known)
        return name

    def drop_sdep(self, body: dict[str, Any]) -> ObjectName:
        self._outside.pop((body["metadata"]["namespace"], body["metadata"]["name"]), None)
        return self._store.drop_sdep(body)

    def listed(self, namespace: str | None, uids: set[str]) -> None:
        """Forget who is outside and is no longer there."""
        for name, body in list(self._outside.items()):
            if namespace in {None, name[0]} and body["metadata"]["uid"] not in uids:
                del self._outside[name]

    def put_namespace(self, body: Body) -> Iterable[ObjectName]:
        """Learn whose a namespace is; the SeldonDeployments that changed hands by it are returned."""
        return self._set_taken(body["metadata"]["name"], taken=self._clusterwide and bool(_label(body)))

    def drop_namespace(self, body: Body) -> Iterable[ObjectName]:
        return self._set_taken(body["metadata"]["name"], taken=False)

    def _set_taken(self, namespace: str, *, taken: bool) -> list[ObjectName]:
        if taken == (namespace in self._taken):
            return []
        (self._taken.add if taken else self._taken.discard)(namespace)
        there = [*self._store.sdeps.values(), *self._outside.values()]
        return [self.put_sdep(body) for body in there if body["metadata"]["namespace"] == namespace]


def _label(body: Body) -> str:
    return str((body["metadata"].get("labels") or {}).get(CONTROLLER_ID) or "")
