"""What a pod may do: as little as Kubernetes' `restricted` Pod Security Standard asks, and less.

What a manifest says of itself wins: a container that asks for root or for a capability gets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]


def pod_security(user: int, given: Body | None = None) -> dict[str, Any]:
    own = dict(given or {})
    made: dict[str, Any] = {
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
        **own,
    }
    return {"runAsNonRoot": True, **made} if made["runAsUser"] else made


def container_security() -> dict[str, Any]:
    """Of a container with our own image."""
    return {**restricted({}), "readOnlyRootFilesystem": True}


def restricted(given: Body | None) -> dict[str, Any]:
    """Of a container with an image of the user's: what the standard asks wherever the manifest says nothing else."""
    own = dict(given or {})
    if own.get("privileged"):
        return own
    dropped = {"drop": ["ALL"], **(own.pop("capabilities", None) or {})}
    return {"allowPrivilegeEscalation": False, **own, "capabilities": dropped}
