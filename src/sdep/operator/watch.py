"""kopf's watches: each event goes into the store and wakes the SeldonDeployment that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import kopf

from sdep.api.seldon_deployment import GROUP, KIND, PLURAL, STORAGE_VERSION
from sdep.cluster.credentials import Credentials
from sdep.cluster.paths import plural
from sdep.operator.discovery import ResourceName
from sdep.operator.metrics import MISSED_DELETIONS
from sdep.operator.scope import Scope
from sdep.operator.store import ObjectName, Store
from sdep.render import KINDS
from sdep.render.ingress import kinds_in_use
from sdep.render.labels import DEPLOYMENT_ID
from sdep.settings import OperatorSettings

_CHILDREN = (
    ("apps", "v1", "deployments"),
    ("", "v1", "services"),
    ("autoscaling", "v2", "horizontalpodautoscalers"),
    ("policy", "v1", "poddisruptionbudgets"),
)
_KINDS = {PLURAL: KIND, **{plural(kind): kind for _, kind in KINDS}}
_KEDA = (("keda.sh", "v1alpha1", "scaledobjects"),)

Body = dict[str, Any]
Step = Callable[[Body], ObjectName | None]


class Wake(Protocol):
    def __call__(self, name: ObjectName, *, first: bool = False) -> None: ...


class Watches:
    """Every watch of the operator. Events only: kopf adds no finalizer and no annotation to anything."""

    def __init__(self, settings: OperatorSettings, credentials: Credentials, store: Store, wake: Wake) -> None:
        self.registry = kopf.OperatorRegistry()
        self._store = store
        self._scope = Scope(settings, store)
        self._wake = wake
        self.resources: list[ResourceName] = []
        self._drops: dict[str, Step] = {}
        self._steps: dict[str, Callable[[kopf.RawEvent], None]] = {}
        kopf.on.login(registry=self.registry)(_login(credentials))
        if not settings.namespaces:
            kopf.on.event("", "v1", "namespaces", id="namespaces", registry=self.registry)(self._namespace_seen)
        self._watch((GROUP, STORAGE_VERSION, PLURAL), self._scope.put_sdep, self._scope.drop_sdep)
        for child in _children(settings):
            self._watch(child, store.put_child, store.drop_child)
        self._watch(("", "v1", "pods"), store.put_pod, store.drop_pod)

    def seen(self, plural: str, event: kopf.RawEvent) -> bool:
        """Learn from an event; False where it is about nothing of ours."""
        if step := self._steps.get(plural):
            step(event)
        return step is not None

    def listed(self, plural: str, namespace: str | None, uids: set[str]) -> None:
        """A watch has listed all that there is: what we know beside it went while nobody told us."""
        if plural == PLURAL:
            self._scope.listed(namespace, uids)
        if drop := self._drops.get(plural):
            for body in self._store.known(_KINDS.get(plural, "Pod"), namespace):
                if body["metadata"]["uid"] not in uids:
                    MISSED_DELETIONS.inc()
                    self._dropped(drop, body)

    def _watch(self, resource: ResourceName, put: Step, drop: Step) -> None:
        group, version, plural = resource
        self.resources.append(resource)
        self._drops[plural] = drop

        def seen(event: kopf.RawEvent, **_: object) -> None:
            body: Body = dict(event["object"])
            if event["type"] == "DELETED":
                self._dropped(drop, body)
            elif not self._store.knows(body) and (owner := put(body)):
                self._wake(self._store.named_by_label(owner), first=plural == PLURAL)

        self._steps[plural] = seen
        kopf.on.event(group, version, plural, id=plural, registry=self.registry)(seen)  # has kopf open the watch

    def _dropped(self, drop: Step, body: Body) -> None:
        if owner := drop(body):
            self._wake(self._store.named_by_label(owner))

    def _namespace_seen(self, event: kopf.RawEvent, **_: object) -> None:
        learn = self._scope.drop_namespace if event["type"] == "DELETED" else self._scope.put_namespace
        for name in learn(dict(event["object"])):
            self._wake(name)


def _children(settings: OperatorSettings) -> tuple[tuple[str, str, str], ...]:
    return (*_CHILDREN, *(_KEDA if settings.keda_enabled else ()), *_routes(settings))


def kopf_settings(settings: OperatorSettings) -> kopf.OperatorSettings:
    made = kopf.OperatorSettings()
    made.posting.enabled = False  # our own events have typed reasons
    made.scanning.disabled = bool(settings.namespaces)
    made.watching.server_timeout = 300
    made.watching.connect_timeout = 10
    made.watching.chunk_size = 100  # a listing of a thousand objects at once takes 40 MiB that never come back
    made.networking.request_timeout = 60
    made.process.ultimate_exiting_timeout = 10
    for watched in (*_children(settings), ("", "v1", "pods")):
        made.watching.label_selectors[watched] = DEPLOYMENT_ID
    return made


def _routes(settings: OperatorSettings) -> tuple[tuple[str, str, str], ...]:
    """Only what some ingress in use consists of: watching a kind that the cluster lacks would never get ready."""
    return tuple((*kind.api.split("/", 1), kind.plural) for kind in kinds_in_use(settings))  # type: ignore[misc] # group and version


def _login(credentials: Credentials) -> Callable[..., kopf.ConnectionInfo]:
    def login(**_: object) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(
            server=credentials.server,
            ca_data=credentials.ca_data.encode() if credentials.ca_data else None,
            token=credentials.current_token(),
            certificate_data=credentials.certificate_data,
            private_key_data=credentials.private_key_data,
            default_namespace=credentials.namespace,
        )

    return login
