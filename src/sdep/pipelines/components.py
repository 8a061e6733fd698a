"""The components of Kubeflow Pipelines: what a pipeline's author writes, and where each step runs.

kfp sends the text of a function into the cluster, alone: so each imports what it does, and this file has annotations that are no text.
"""

import os
from functools import cache
from typing import Any

from kfp import dsl

from sdep import __version__

IMAGE = "python:3.13-slim"
PACKAGE = f"sdep-operator[cli]=={__version__}"


def deploy(manifest: str, namespace: str = "", model_uri: str = "", unit: str = "", take_over: bool = False) -> str:  # noqa: FBT001, FBT002 - kfp passes by name
    """Apply a SeldonDeployment to the cluster that the pipeline runs in.

    Args:
        manifest: The SeldonDeployment, as YAML.
        namespace: Where it goes; where it says nothing, and nothing is said here, the namespace of the step.
        model_uri: Served instead of what the manifest names, such as models:/price/7.
        unit: Which unit serves it, as PREDICTOR/UNIT, where several have a model.
        take_over: Make fields this pipeline's that another manager, such as kubectl, has written.

    Returns:
        The name of the SeldonDeployment.
    """
    from sdep.pipelines import steps

    return steps.deploy(manifest, namespace, model_uri, unit, take_over=take_over)


def wait(name: str, namespace: str = "", condition: str = "Ready", version: str = "", minutes: float = 15.0) -> str:
    """Wait until a condition of a SeldonDeployment is True; fail at once where nothing will change by itself.

    Args:
        name: A SeldonDeployment.
        namespace: Where it is; default: the namespace of the step.
        condition: Ready, or RolloutComplete for the end of a rollout; a canary that is turned back fails the step.
        version: Wait first until a unit serves this version of its model, as after an alias was moved.
        minutes: For how long.

    Returns:
        What the condition says.
    """
    from sdep.pipelines import steps

    return steps.wait(name, namespace, condition, version, minutes)


def promote(name: str, namespace: str = "", full: bool = False, why: str = "", minutes: float = 1.0) -> str:  # noqa: FBT001, FBT002 - kfp passes by name
    """End the step of a rollout in the canary's favour.

    Args:
        name: A SeldonDeployment.
        namespace: Where it is; default: the namespace of the step.
        full: End all steps: the canary takes the whole traffic.
        why: Kept among the decisions of the rollout.
        minutes: How long the operator may take to obey.

    Returns:
        How far the rollout is.
    """
    from sdep.pipelines import steps

    return steps.promote(name, namespace, why, minutes, full=full)


def roll_back(name: str, namespace: str = "", unit: str = "", why: str = "", minutes: float = 1.0) -> str:
    """Turn a rollout back that is under way; without one, go back to the model that was served before, and stay there.

    Args:
        name: A SeldonDeployment.
        namespace: Where it is; default: the namespace of the step.
        unit: Which unit goes back, as PREDICTOR/UNIT, where several have served other models.
        why: Kept in the status.
        minutes: How long the operator may take to turn a rollout back.

    Returns:
        What was done.
    """
    from sdep.pipelines import steps

    return steps.roll_back(name, namespace, unit, why, minutes)


@cache
def components() -> dict[str, Any]:
    """By name. Each step runs in SDEP_PIPELINES_IMAGE and installs SDEP_PIPELINES_PACKAGE there with pip.

    Where the latter is set to nothing, the image has the package, and kfp.
    """
    image = os.environ.get("SDEP_PIPELINES_IMAGE", IMAGE)
    package = os.environ.get("SDEP_PIPELINES_PACKAGE", PACKAGE)
    return {
        function.__name__: dsl.component(
            function,
            base_image=image,
            packages_to_install=[package] if package else [],
            install_kfp_package=bool(package),
        )
        for function in (deploy, wait, promote, roll_back)
    }
