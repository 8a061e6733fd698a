"""Whether what a pipeline waits for has come. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdep.diagnosis.rollout import ROLLOUT_COMPLETE
from sdep.errors import InvalidError


def reached(body: Mapping[str, Any], condition: str, version: str) -> tuple[bool, str]:
    """Whether it has come, and what is said of it. Raises InvalidError where it will not come by itself."""
    status = body.get("status") or {}
    if status.get("observedGeneration") != body["metadata"].get("generation"):
        return False, "the operator has not seen the newest manifest"
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    if stalled := _true(conditions.get("Stalled")):
        raise InvalidError(stalled["reason"], stalled["message"])
    if version and version not in {pin.get("version") for pin in status.get("models") or ()}:
        return False, f"no unit serves version {version}"
    rollout = status.get("rollout") or {}
    if condition == ROLLOUT_COMPLETE and rollout.get("phase") == "RolledBack":
        raise InvalidError(rollout["reason"], f"the canary was turned back: {rollout['message']}")
    found = conditions.get(condition)
    if found is None:
        return False, f"there is no condition {condition}"
    return found["status"] == "True", f"{found['reason']}: {found.get('message', '')}"


def _true(condition: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return condition if condition and condition["status"] == "True" else None
