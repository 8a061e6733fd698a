"""An explainer in our runtime: with the predictor's own model and its reference data, where that model can be had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sdep.api.explainer import Explainer
from sdep.api.graph import Unit
from sdep.api.predictor import Predictor
from sdep.contract import (
    ENV_DRAIN_SECONDS,
    ENV_EXPLAINER,
    ENV_REFERENCE_REQUIRED,
    LOGGED_REFERENCE,
    NEED_NO_REFERENCE,
    OPEN_INFERENCE,
    TERMINATION_LOG,
    ServedExplainer,
    model_directory,
)
from sdep.plan import Plan, fetched_as_written
from sdep.render import cache, names, tls
from sdep.render.explainer_port import port
from sdep.render.initializer import initializer, unit_initializer
from sdep.render.runtime import probes
from sdep.render.security import pod_security, restricted
from sdep.render.served import served_parameters
from sdep.render.service import entry_ports
from sdep.render.variables import Variable, merged
from sdep.render.volumes import TMP, volumes

COMMAND = "explanations"
_ARTIFACT = "explainer"
"""What its own artifact is fetched for; no unit may have this name."""
_GRACE_SECONDS = 20

Body = dict[str, Any]


def runtime_pod(plan: Plan, predictor: Predictor, explainer: Explainer) -> Body:
    """A pin that moves moves this pod too: it fetches what the predictor serves."""
    unit = explained_unit(plan, predictor)
    container = _container(plan, predictor, explainer, unit)
    initializers = list(_initializers(plan, predictor, explainer, unit))
    fetched = {_ARTIFACT: explainer.model_uri or ""}
    if unit:
        fetched[unit.name or ""] = plan.pins[predictor.name, unit.name or ""].artifact_uri
    account = explainer.service_account_name or (unit.service_account_name if unit else None)
    return {
        "containers": [container],
        **({"initContainers": initializers} if initializers else {}),
        "volumes": volumes({}, fetched, [container, *initializers], cache.volume(plan)),
        "securityContext": pod_security(plan.settings.runtime_user),
        "terminationGracePeriodSeconds": _GRACE_SECONDS + plan.settings.drain_seconds,
        "automountServiceAccountToken": False,
        **({"serviceAccountName": account} if account else {}),
    }


def explained_unit(plan: Plan, predictor: Predictor) -> Unit | None:
    """The one unit of the graph, where our runtime serves its model; None has the explainer ask the predictor."""
    root = predictor.graph
    placed = plan.layouts[predictor.name].units.get(root.name or "")
    if root.children or root.type != "MODEL" or not root.model_uri or placed is None:
        return None
    by_user = (predictor.name, root.name or "") in fetched_as_written(plan.sdep) and not root.storage_initializer_image
    return root if placed.place in {"engine", "server"} and not by_user else None


def _initializers(plan: Plan, predictor: Predictor, explainer: Explainer, unit: Unit | None) -> Iterator[Body]:
    if unit:
        data = explainer.reference.uri if explainer.reference else LOGGED_REFERENCE
        made = unit_initializer(plan, predictor, unit, own_process=False, reference=data)
        if explainer.type not in NEED_NO_REFERENCE and not explainer.model_uri:
            made["env"] = merged(made["env"], [{"name": ENV_REFERENCE_REQUIRED, "value": "true"}])
        yield made
    if explainer.model_uri:
        image, secret = explainer.storage_initializer_image, explainer.env_secret_ref_name
        yield initializer(plan, _ARTIFACT, explainer.model_uri, model_directory(_ARTIFACT), image=image, secret=secret)


def _container(plan: Plan, predictor: Predictor, explainer: Explainer, unit: Unit | None) -> Body:
    """What the manifest says of the container counts, as far as it has no image of its own."""
    given = explainer.container
    ours: Body = {
        "name": names.explainer(plan, predictor),
        "image": plan.settings.runtime_image,
        "imagePullPolicy": plan.settings.runtime_image_pull_policy,
        "args": [COMMAND],
        "resources": plan.settings.engine_resources,
        "terminationMessagePath": TERMINATION_LOG,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **probes(),
    }
    return {
        **ours,
        **given,
        "env": merged(_environment(plan, predictor, explainer, unit), given.get("env")),
        "ports": _ports(explainer),
        "volumeMounts": [*_mounts(plan, explainer, unit), *(given.get("volumeMounts") or ())],
        "securityContext": {**restricted(given.get("securityContext")), "readOnlyRootFilesystem": True},
    }


def _environment(plan: Plan, predictor: Predictor, explainer: Explainer, unit: Unit | None) -> list[Variable]:
    told = _told(plan, predictor, explainer, unit)
    own = {
        ENV_EXPLAINER: told.model_dump_json(by_alias=True),
        ENV_DRAIN_SECONDS: str(plan.settings.drain_seconds),
        "SELDON_DEPLOYMENT_ID": plan.name,
        "HOME": "/tmp",  # noqa: S108 - a volume of the pod's own
    }
    return [{"name": name, "value": value} for name, value in own.items()]


def _told(plan: Plan, predictor: Predictor, explainer: Explainer, unit: Unit | None) -> ServedExplainer:
    http, _ = entry_ports(plan, predictor)
    scheme = "https" if tls.encrypted(plan.sdep, predictor) else "http"
    protocol = plan.sdep.spec.protocol or "seldon"
    return ServedExplainer(
        type=explainer.type or "",
        model=predictor.graph.name or "",
        predictor=f"{scheme}://{names.predictor_service(plan, predictor)}.{plan.namespace}:{http}",
        protocol="v2" if protocol in OPEN_INFERENCE else protocol,
        port=port(explainer),
        config=dict(explainer.config or {}),
        implementation=(unit.implementation or "") if unit else "",
        parameters=served_parameters(plan, unit) if unit else (),
        model_directory=model_directory(unit.name or "") if unit else "",
        explainer_directory=model_directory(_ARTIFACT) if explainer.model_uri else "",
    )


def _ports(explainer: Explainer) -> list[Body]:
    given = list(explainer.container.get("ports") or ())
    if "http" in {one.get("name") for one in given}:
        return given
    return [*given, {"name": "http", "containerPort": port(explainer), "protocol": "TCP"}]


def _mounts(plan: Plan, explainer: Explainer, unit: Unit | None) -> Iterator[Body]:
    fetched = [*([unit.name or ""] if unit else ()), *([_ARTIFACT] if explainer.model_uri else ())]
    for name in fetched:
        yield {"name": names.model_volume(name), "mountPath": model_directory(name), "readOnly": True}
    yield {"name": TMP, "mountPath": "/tmp"}  # noqa: S108 - a volume of the pod's own
    if unit:
        yield from cache.server_mounts(plan)
