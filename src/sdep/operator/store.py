"""What the watches have told so far: every SeldonDeployment, its children and its pods. No request is made to read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from sdep.api.seldon_deployment import GROUP, KIND
from sdep.contract import fitted
from sdep.operator.keep import kept, kept_owner, kept_pod
from sdep.render.labels import DEPLOYMENT_ID
from sdep.render.manifest import Key, key_of

Body = dict[str, Any]
ObjectName = tuple[str, str]
"""(namespace, name) of a SeldonDeployment."""


class Store:
    """An older version never replaces a newer one, whichever of watch and own writes comes first."""

    def __init__(self) -> None:
        self.sdeps: dict[ObjectName, Body] = {}
        self._children: dict[ObjectName, dict[Key, Body]] = defaultdict(dict)
        self._pods: dict[ObjectName, dict[str, Body]] = defaultdict(dict)
        self.listeners: list[Callable[[ObjectName], None]] = []
        """Called with whom a change belongs to: of our own writes too, which wake nobody."""

    def knows(self, body: Body) -> bool:
        """Whether this very version is stored already: our own write comes back as an event, and tells nothing new."""
        owner = owner_name(body)
        known = self._children.get(owner, {}).get(key_of(body)) if owner else self.sdeps.get(_name(body))
        return known is not None and all(
            known["metadata"][name] == body["metadata"][name] for name in ("uid", "resourceVersion")
        )

    def put_sdep(self, body: Body) -> ObjectName:
        name = _name(body)
        known = self.sdeps.get(name)
        if known is None or not _is_older(body, known):
            self.sdeps[name] = kept_owner(body)
            self._tell(name)
        return name

    def drop_sdep(self, body: Body) -> ObjectName:
        name = _name(body)
        known = self.sdeps.get(name)
        if known and known["metadata"]["uid"] == body["metadata"]["uid"]:
            del self.sdeps[name]
            self._tell(name)
        return name

    def put_child(self, body: Body) -> ObjectName | None:
        """The SeldonDeployment that owns the object, or None where none does."""
        owner = owner_name(body)
        if owner is None:
            return None
        key = key_of(body)
        known = self._children[owner].get(key)
        if known is None or not _is_older(body, known):
            self._children[owner][key] = kept(body)
            self._tell(owner)
        return owner

    def drop_child(self, body: Body) -> ObjectName | None:
        owner = owner_name(body)
        if owner is None:
            return None
        key = key_of(body)
        known = self._children[owner].get(key)
        if known and known["metadata"]["uid"] == body["metadata"]["uid"]:
            del self._children[owner][key]
            self._tell(owner)
        return owner

    def put_pod(self, body: Body) -> ObjectName | None:
        owner = self._owner_of_pod(body)
        if owner:
            self._pods[owner][body["metadata"]["name"]] = kept_pod(body)
            self._tell(owner)
        return owner

    def drop_pod(self, body: Body) -> ObjectName | None:
        owner = self._owner_of_pod(body)
        if owner:
            self._pods[owner].pop(body["metadata"]["name"], None)
            self._tell(owner)
        return owner

    def children(self, name: ObjectName) -> Mapping[Key, Body]:
        return dict(self._children.get(name, {}))

    def pods(self, name: ObjectName) -> list[Body]:
        return list(self._pods.get((name[0], fitted(name[1])), {}).values())

    def known(self, kind: str, namespace: str | None) -> list[Body]:
        """Every object of a kind, in one namespace or in all."""
        if kind == KIND:
            found = list(self.sdeps.values())
        elif kind == "Pod":
            found = [pod for pods in self._pods.values() for pod in pods.values()]
        else:
            found = [body for held in self._children.values() for key, body in held.items() if key.kind == kind]
        return [body for body in found if namespace in {None, body["metadata"]["namespace"]}]

    def _tell(self, owner: ObjectName) -> None:
        for listener in self.listeners:
            listener(self.named_by_label(owner))

    def _owner_of_pod(self, body: Body) -> ObjectName | None:
        """Pods are grouped by their label, which is the SeldonDeployment's name where that is short enough."""
        label = (body["metadata"].get("labels") or {}).get(DEPLOYMENT_ID)
        return (body["metadata"]["namespace"], label) if label else None

    def named_by_label(self, owner: ObjectName) -> ObjectName:
        """The SeldonDeployment whose pods carry this label."""
        namespace, label = owner
        if owner in self.sdeps:
            return owner
        return next((name for name in self.sdeps if name[0] == namespace and fitted(name[1]) == label), owner)


def owner_name(body: Body) -> ObjectName | None:
    """The SeldonDeployment that controls an object."""
    for reference in body["metadata"].get("ownerReferences") or ():
        if (
            reference.get("controller")
            and reference["kind"] == KIND
            and reference["apiVersion"].startswith(f"{GROUP}/")
        ):
            return body["metadata"]["namespace"], reference["name"]
    return None


def _name(body: Body) -> ObjectName:
    return body["metadata"]["namespace"], body["metadata"]["name"]


def _is_older(body: Body, known: Body) -> bool:
    """Resource versions are ordered within one object's life (Kubernetes 1.35 and, in fact, all before it)."""
    if body["metadata"]["uid"] != known["metadata"]["uid"]:
        return False
    return int(body["metadata"]["resourceVersion"]) < int(known["metadata"]["resourceVersion"])
