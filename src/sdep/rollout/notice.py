"""What is said of a rollout to who wants to be told."""

from __future__ import annotations

from typing import Any

from sdep.api.rollout import RolloutSpec
from sdep.api.rollout_notify import Notify
from sdep.api.status import RolloutStatus

_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What Slack's texts mean otherwise: a message must not mention a channel."""


def told(spec: RolloutSpec, status: RolloutStatus) -> list[Notify]:
    """Those who want to know of what the rollout is now."""
    return [notify for notify in spec.notify if status.phase in notify.phases]


def content(notify: Notify, namespace: str, name: str, status: RolloutStatus) -> dict[str, Any]:
    if notify.form == "Slack":
        text = f"{status.phase}: {namespace}/{name}: {status.canary}: {status.message}"
        return {"text": text.translate(_SPECIAL)}
    said = status.model_dump(mode="json", by_alias=True, exclude={"collected", "history", "command", "step"})
    return {"namespace": namespace, "name": name, **said, "step": status.step + 1}
