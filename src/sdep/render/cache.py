"""The volume that keeps artifacts and environments, of one pod or of all."""

from __future__ import annotations

from typing import Any

from sdep.api.environment import environment_policy
from sdep.api.quantity import parse
from sdep.contract import CACHE_MOUNT, ENV_CACHE, ENV_CACHE_LIMIT, EnvironmentPolicy
from sdep.plan import Plan

VOLUME = "sdep-cache"


def policy(plan: Plan) -> EnvironmentPolicy:
    return environment_policy(plan.sdep, plan.settings.environment_policy)


def is_used(plan: Plan) -> bool:
    """Where an installation gives a volume; an environment needs one in any case, if only the pod's own."""
    return bool(plan.settings.cache_volume) or policy(plan) == "make"


def mounts(plan: Plan) -> list[dict[str, Any]]:
    """Of the container that fills it."""
    return [{"name": VOLUME, "mountPath": CACHE_MOUNT}] if is_used(plan) else []


def server_mounts(plan: Plan) -> list[dict[str, Any]]:
    """Of a container whose models may have an environment in there."""
    return [{"name": VOLUME, "mountPath": CACHE_MOUNT, "readOnly": True}] if policy(plan) == "make" else []


def variables(plan: Plan) -> list[dict[str, str]]:
    """Of the container that fills it. A pod's own is deleted with the pod."""
    if not is_used(plan):
        return []
    limit = plan.settings.cache_limit if plan.settings.cache_volume else ""
    limits = [{"name": ENV_CACHE_LIMIT, "value": str(int(parse(limit)))}] if limit else []
    return [{"name": ENV_CACHE, "value": CACHE_MOUNT}, *limits]


def volume(plan: Plan) -> dict[str, Any]:
    return {"name": VOLUME, **(plan.settings.cache_volume or {"emptyDir": {}})}
