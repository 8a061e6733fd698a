"""kopf's watches: each event goes into the store and wakes the SeldonDeployment that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import kopf

from sdep.api.seldon_deployment import GROUP, PLURAL, STORAGE_VERSION
from sdep.cluster.credentials import Credentials
from sdep.operator.metrics import QUEUE_DEPTH
from sdep.operator.queue import WorkQueue
from sdep.operator.store import ObjectName, Store
from sdep.render.labels import DEPLOYMENT_ID
from sdep.settings import OperatorSettings

_CHILDREN = (("apps", "v1", "deployments"), ("", "v1", "services"))
_ROUTES = (("networking.istio.io", "v1", "virtualservices"), ("networking.istio.io", "v1", "destinationrules"))

Step = Callable[[dict[str, Any]], ObjectName | None]


def registry(
    settings: OperatorSettings, credentials: Credentials, store: Store, queue: WorkQueue
) -> kopf.OperatorRegistry:
    """Every watch of the operator. Events only: kopf adds no finalizer and no annotation to anything."""
    made = kopf.OperatorRegistry()
    kopf.on.login(registry=made)(_login(credentials))

    def watch(group: str, version: str, plural: str, put: Step, drop: Step) -> None:
        def seen(event: kopf.RawEvent, **_: object) -> None:
            body: dict[str, Any] = dict(event["object"])
            owner = drop(body) if event["type"] == "DELETED" else put(body)
            if owner:
                queue.add(store.named_by_label(owner))
                QUEUE_DEPTH.set(queue.depth)

        kopf.on.event(group, version, plural, id=plural, registry=made)(seen)

    watch(GROUP, STORAGE_VERSION, PLURAL, store.put_sdep, store.drop_sdep)
    for group, version, plural in _CHILDREN + (_ROUTES if settings.istio_enabled else ()):
        watch(group, version, plural, store.put_child, store.drop_child)
    watch("", "v1", "pods", store.put_pod, store.drop_pod)
    return made


def kopf_settings(settings: OperatorSettings) -> kopf.OperatorSettings:
    made = kopf.OperatorSettings()
    made.posting.enabled = False  # our own events have typed reasons
    made.scanning.disabled = bool(settings.namespaces)
    made.watching.server_timeout = 300
    made.watching.connect_timeout = 10
    made.networking.request_timeout = 60
    made.process.ultimate_exiting_timeout = 10
    made.queueing._batch_window = 0.0  # noqa: SLF001 - our own queue merges what comes in a burst
    for group, version, plural in (*_CHILDREN, *_ROUTES, ("", "v1", "pods")):
        made.watching.label_selectors[group, version, plural] = DEPLOYMENT_ID
    return made


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
