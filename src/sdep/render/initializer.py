"""The init container that downloads a model into the pod."""

from __future__ import annotations

from typing import Any

from sdep.api.graph import Unit
from sdep.api.predictor import Predictor
from sdep.contract import (
    ENV_ENVIRONMENT,
    ENV_REFERENCE,
    LOGGED_REFERENCE,
    MODELS_ROOT,
    TERMINATION_LOG,
    model_directory,
)
from sdep.plan import Plan
from sdep.render import cache, names
from sdep.render.security import container_security
from sdep.render.volumes import PVC_ROOT, TMP, claim, claim_volume


def unit_initializer(
    plan: Plan, predictor: Predictor, unit: Unit, *, own_process: bool, reference: str = ""
) -> dict[str, Any]:
    """Fetches the pinned artifact, never the reference: what a pod serves can not change under it.

    Units that share a process have a folder each; a unit in a container finds its model where v1 put it. `reference` names the
    data that comes with the model; "" leaves it to the predictor's drift detector.
    """
    name = unit.name or ""
    made = initializer(
        plan,
        name,
        plan.pins[predictor.name, name].artifact_uri,
        MODELS_ROOT if own_process else model_directory(name),
        image=unit.storage_initializer_image,
        secret=unit.env_secret_ref_name,
    )
    if own_process or made["args"][0] != "fetch":
        return made
    made = _with_environment(plan, made)
    data = reference or _compared(plan, predictor, name)
    return _with_reference(plan, made, data) if data else made


def _compared(plan: Plan, predictor: Predictor, unit: str) -> str:
    """What a drift detector compares with; "" where it is of another unit, or there is none."""
    detector = predictor.drift_detector
    if detector is None or plan.layouts[predictor.name].reference_unit != unit:
        return ""
    return detector.reference.uri if detector.reference else LOGGED_REFERENCE


def _with_reference(plan: Plan, made: dict[str, Any], reference: str) -> dict[str, Any]:
    """The same, which brings reference data beside the model: a URI, or LOGGED_REFERENCE."""
    added = [{"name": ENV_REFERENCE, "value": reference}, *_tracking(plan)]
    given = {variable["name"] for variable in made["env"]}
    return {**made, "env": [*made["env"], *(one for one in added if one["name"] not in given)]}


def _with_environment(plan: Plan, made: dict[str, Any]) -> dict[str, Any]:
    """Of a model that our runtime serves: what is done where its packages are not the image's."""
    policy = cache.policy(plan)
    made["env"] = [*made["env"], {"name": ENV_ENVIRONMENT, "value": policy}]
    if policy == "make":
        # Solving and unpacking take more than a download: no more than the pod's models will need anyway.
        made["resources"] = {name: value for name, value in made["resources"].items() if name != "limits"}
    return made


def initializer(
    plan: Plan, container: str, uri: str, directory: str, *, image: str | None, secret: str | None
) -> dict[str, Any]:
    """Downloads `uri` into `directory` for `container`; an `image` of the user's is called as v1 called it."""
    chosen = image or plan.settings.storage_initializer_image
    claimed = claim(uri)
    both = [f"{PVC_ROOT}/{claimed[0]}/{claimed[1]}" if claimed else uri, directory]
    mounts: list[dict[str, Any]] = [
        {"name": names.model_volume(container), "mountPath": directory},
        {"name": TMP, "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
    ]
    if claimed:
        mounts.append({"name": claim_volume(claimed[0]), "mountPath": f"{PVC_ROOT}/{claimed[0]}"})
    mounts += cache.mounts(plan) if not chosen else []
    made: dict[str, Any] = {
        "name": names.model_initializer(container),
        "image": chosen or plan.settings.runtime_image,
        "imagePullPolicy": plan.settings.runtime_image_pull_policy,
        "args": both if chosen else ["fetch", *both],
        "env": _environment(plan, uri),
        "resources": plan.settings.initializer_resources,
        "securityContext": container_security(),
        "terminationMessagePath": TERMINATION_LOG,
        "volumeMounts": mounts,
    }
    if not chosen:
        made["env"] = [*made["env"], *cache.variables(plan)]
    if named := secret or plan.settings.default_env_secret:
        made["envFrom"] = [{"secretRef": {"name": named}}]
    return made


def _environment(plan: Plan, uri: str) -> list[dict[str, str]]:
    home = {"name": "HOME", "value": "/tmp"}  # noqa: S108 - clients write their caches there
    return [home, *_tracking(plan)] if uri.startswith(("mlflow-artifacts:", "runs:/")) else [home]


def _tracking(plan: Plan) -> list[dict[str, str]]:
    server = plan.settings.mlflow_tracking_uri
    return [{"name": "MLFLOW_TRACKING_URI", "value": server}] if server else []
