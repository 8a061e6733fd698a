"""What a pod is told of models that ask for other packages than the image has, and where environments are kept."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.admission.judge import judge
from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Pin
from sdep.contract import CACHE_MOUNT, ENV_CACHE, ENV_CACHE_LIMIT, ENV_ENVIRONMENT
from sdep.plan import Plan
from sdep.render import render
from sdep.rollout.weights import requested
from sdep.settings import OperatorSettings

CLAIM = {"persistentVolumeClaim": {"claimName": "models"}}


def _sdep(policy: str = "", container: dict[str, Any] | None = None) -> SeldonDeployment:
    annotations = {"sdep.io/environment": policy} if policy else {}
    graph = {"name": "m", "modelUri": "s3://m/1", **({} if container else {"implementation": "MLFLOW_SERVER"})}
    pods = [{"spec": {"containers": [{"name": "m", **container}]}}] if container else []
    predictors = [{"name": "main", "graph": graph, "componentSpecs": pods}]
    metadata = {"name": "price", "namespace": "shop", "annotations": annotations}
    body = {"apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment", "metadata": metadata}
    return with_defaults(parse({**body, "spec": {"predictors": predictors}}))


def _pod(sdep: SeldonDeployment, **settings: object) -> dict[str, Any]:
    pins = {("main", "m"): Pin(predictor="main", unit="m", uri="s3://m/1", artifact_uri="s3://m/1")}
    chosen = OperatorSettings.model_validate({"runtime_image": "runtime", **settings})
    made = render(Plan(sdep, pins, requested(sdep.spec.predictors), chosen))
    (found,) = (manifest.body["spec"]["template"]["spec"] for manifest in made if manifest.key.kind == "Deployment")
    return dict(found)


def _variables(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}


def _cache_mounts(container: dict[str, Any]) -> list[dict[str, Any]]:
    return [mount for mount in container["volumeMounts"] if mount["mountPath"] == CACHE_MOUNT]


def test_by_default_the_image_serves_and_nothing_is_mounted() -> None:
    pod = _pod(_sdep())
    assert _variables(pod["initContainers"][0])[ENV_ENVIRONMENT] == "image"
    assert not any(volume["name"] == "sdep-cache" for volume in pod["volumes"])


def test_an_environment_is_made_where_it_is_asked_for() -> None:
    """The init container writes to the volume, the engine reads it; without one of the installation it is the pod's own."""
    pod = _pod(_sdep("make"))
    init, engine = pod["initContainers"][0], pod["containers"][0]
    assert (_variables(init)[ENV_ENVIRONMENT], _variables(init)[ENV_CACHE]) == ("make", CACHE_MOUNT)
    assert _cache_mounts(init) == [{"name": "sdep-cache", "mountPath": CACHE_MOUNT}]
    assert _cache_mounts(engine) == [{"name": "sdep-cache", "mountPath": CACHE_MOUNT, "readOnly": True}]
    assert {"name": "sdep-cache", "emptyDir": {}} in pod["volumes"]


def test_an_installations_volume_keeps_artifacts_for_all() -> None:
    """Where no environment is made the server has no part in it."""
    pod = _pod(_sdep(), cache_volume=CLAIM)
    assert _cache_mounts(pod["initContainers"][0])
    assert not _cache_mounts(pod["containers"][0])
    assert {"name": "sdep-cache", **CLAIM} in pod["volumes"]


def test_how_large_the_cache_may_become_is_told_in_bytes() -> None:
    """Of the installation's volume; a pod's own goes with the pod."""
    shared = _pod(_sdep(), cache_volume=CLAIM, cache_limit="1.5Gi")
    own = _pod(_sdep("make"), cache_limit="1.5Gi")

    assert _variables(shared["initContainers"][0])[ENV_CACHE_LIMIT] == str(3 * 2**29)
    assert ENV_CACHE_LIMIT not in _variables(own["initContainers"][0])


def test_the_annotation_goes_before_the_setting() -> None:
    assert (
        _variables(_pod(_sdep("image"), environment_policy="require")["initContainers"][0])[ENV_ENVIRONMENT] == "image"
    )
    assert _variables(_pod(_sdep(), environment_policy="require")["initContainers"][0])[ENV_ENVIRONMENT] == "require"


def test_a_users_own_image_is_not_compared() -> None:
    """Its packages are nobody's business."""
    init = _pod(_sdep("require", {"image": "mine"}))["initContainers"][0]
    assert ENV_ENVIRONMENT not in _variables(init)


@pytest.mark.parametrize(("policy", "valid"), [("make", True), ("conda", False)])
def test_an_unknown_policy_is_an_error(policy: str, valid: bool) -> None:  # noqa: FBT001 - a table of examples
    found = [
        problem for problem in judge(_sdep(policy), OperatorSettings(runtime_image="r")) if problem.severity == "error"
    ]
    assert bool(found) is not valid
