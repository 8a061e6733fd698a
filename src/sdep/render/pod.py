"""The pod template of one Deployment of a predictor."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from sdep.api.graph import Unit
from sdep.api.predictor import Predictor
from sdep.contract import HTTP_PORT, METRICS_PATH
from sdep.layout.place import Pod
from sdep.plan import Plan
from sdep.render import cache, labels, names, state, tls
from sdep.render.engine import engine
from sdep.render.initializer import unit_initializer
from sdep.render.prepackaged import companions
from sdep.render.security import pod_security, restricted
from sdep.render.server import server_container
from sdep.render.unit import unit_container
from sdep.render.variables import merged
from sdep.render.volumes import volumes

_GRACE_SECONDS = 20


def pod_template(plan: Plan, predictor: Predictor, pod: Pod) -> dict[str, Any]:
    metadata = {"labels": labels.pod(plan, predictor, pod), "annotations": _annotations(plan, predictor, pod)}
    return {"metadata": metadata, "spec": _spec(plan, predictor, pod)}


def manifest_annotations(plan: Plan, predictor: Predictor, pod: Pod) -> dict[str, str]:
    """The manifest's own, from the least to the most specific."""
    own = (pod.spec.metadata or {}).get("annotations") or {}
    return {**(plan.sdep.spec.annotations or {}), **(predictor.annotations or {}), **own}


def _annotations(plan: Plan, predictor: Predictor, pod: Pod) -> dict[str, str]:
    scraped = {"prometheus.io/path": METRICS_PATH, "prometheus.io/scrape": "true"}
    if pod.has_engine and not any(container.place in {"container", "server"} for container in pod.containers):
        scraped["prometheus.io/port"] = str(HTTP_PORT)
    return {**scraped, **manifest_annotations(plan, predictor, pod)}


def _spec(plan: Plan, predictor: Predictor, pod: Pod) -> dict[str, Any]:
    """What the manifest says, completed."""
    spec: dict[str, Any] = copy.deepcopy(dict(pod.spec.spec or {}))
    containers = list(_containers(plan, predictor, pod))
    units = [placed.unit for placed in pod.units if placed.unit and placed.unit.model_uri]
    fetched = {unit.name or "": plan.pins[predictor.name, unit.name or ""].artifact_uri for unit in units}
    initializers = _initializers(plan, predictor, pod, list(spec.get("initContainers") or ()))
    spec["containers"] = containers
    spec["initContainers"] = initializers
    spec["volumes"] = volumes(spec, fetched, [*initializers, *containers], cache.volume(plan))
    spec["securityContext"] = pod_security(plan.settings.runtime_user, spec.get("securityContext"))
    spec.setdefault(
        "terminationGracePeriodSeconds", _GRACE_SECONDS + (plan.settings.drain_seconds if pod.has_engine else 0)
    )
    account = _service_account(spec, units)
    if account:
        spec["serviceAccountName"] = account
    if not any(container.place in {"container", "beside"} for container in pod.containers):
        spec.setdefault("automountServiceAccountToken", False)
    state.mount(spec, plan, predictor, pod)
    tls.mount(spec, predictor, pod)
    return {name: value for name, value in spec.items() if value not in ([], {})}


def _containers(plan: Plan, predictor: Predictor, pod: Pod) -> Iterable[dict[str, Any]]:
    written = {container.name for container in pod.containers}
    for placed in pod.containers:
        if placed.place == "container":
            yield unit_container(plan, predictor, placed)
            yield from companions(plan, placed, written)
        elif placed.place == "server":
            yield server_container(plan, predictor, placed)
        elif placed.place == "beside":
            yield _as_written(placed.body)
    if pod.has_engine:
        yield engine(plan, predictor, pod)


def _as_written(body: Mapping[str, Any]) -> dict[str, Any]:
    """A container that is no unit: the manifest's own, hardened."""
    made = {**copy.deepcopy(dict(body)), "securityContext": restricted(body.get("securityContext"))}
    return {**made, "env": merged(body["env"])} if body.get("env") else made


def _initializers(plan: Plan, predictor: Predictor, pod: Pod, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The manifest's own first; one that has the name of ours stands in for it."""
    written = {body.get("name") for body in given}
    return [_as_written(body) for body in given] + [
        unit_initializer(plan, predictor, placed.unit, own_process=placed.place == "container")
        for placed in pod.units
        if placed.unit and placed.unit.model_uri and names.model_initializer(placed.name) not in written
    ]


def _service_account(spec: dict[str, Any], units: Iterable[Unit]) -> str:
    """Of a unit that has one; the pod's own otherwise. Custom units use theirs in the pod too: v1 gave it to none of them."""
    return next((unit.service_account_name for unit in units if unit.service_account_name), "") or spec.get(
        "serviceAccountName", ""
    )
