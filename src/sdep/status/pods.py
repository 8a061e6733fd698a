"""Why a pod does not serve, in the words of what stopped it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sdep.contract import FetchFailure, FetchReport


@dataclass(frozen=True)
class Trouble:
    """`reason` is Kubernetes' own (ImagePullBackOff, OOMKilled, …) or, for a model that could not be fetched, the fetcher's."""

    reason: str
    message: str


_WAITING_IS_FINE = {"", "PodInitializing", "ContainerCreating"}
_MESSAGE_LENGTH = 600
_BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*": ErrImagePull: ')


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a Service sends requests there: it is ready, and nobody has told it to go."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def trouble(pods: Iterable[Mapping[str, Any]]) -> Trouble | None:
    """The first thing that keeps any of these pods from serving; None where all serve or are on their way."""
    return next((found for pod in pods for found in _of_pod(pod)), None)


def reports(pods: Iterable[Mapping[str, Any]]) -> dict[str, FetchReport]:
    """What init containers that fetched a model had to say of it, by the container; the first pod that speaks of it counts."""
    found: dict[str, FetchReport] = {}
    for pod in pods:
        for container in (pod.get("status") or {}).get("initContainerStatuses") or ():
            if report := _report(container):
                found.setdefault(container["name"], report)
    return found


def _report(container: Mapping[str, Any]) -> FetchReport | None:
    terminated = (container.get("state") or {}).get("terminated") or {}
    if terminated.get("exitCode") != 0 or not terminated.get("message"):
        return None
    try:
        return FetchReport.model_validate_json(terminated["message"])
    except ValidationError:
        return None


def _of_pod(pod: Mapping[str, Any]) -> Iterator[Trouble]:
    status = pod.get("status") or {}
    name = pod["metadata"]["name"]
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield Trouble("Unschedulable", f"pod {name} finds no node: {condition.get('message', '')}")
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        yield from _of_container(name, container)


def _of_container(pod: str, container: Mapping[str, Any]) -> Iterator[Trouble]:
    if container.get("ready") and "running" in (container.get("state") or {}):
        return
    state, last = container.get("state") or {}, container.get("lastState") or {}
    terminated = state.get("terminated") or last.get("terminated") or {}
    if terminated.get("exitCode"):
        yield _ended(pod, container["name"], terminated)
    waiting = state.get("waiting") or {}
    if waiting.get("reason", "") not in _WAITING_IS_FINE:
        reason, message = _steady(waiting["reason"], waiting.get("message", ""))
        yield Trouble(reason, f"container {container['name']} of pod {pod}: {message}".strip())


def _steady(reason: str, message: str) -> tuple[str, str]:
    """A pull that fails alternates between two reasons with one cause: what does not change is said once."""
    if reason != "ErrImagePull":
        return reason, _BACK_OFF.sub("", message)
    return "ImagePullBackOff", message


def _ended(pod: str, container: str, terminated: Mapping[str, Any]) -> Trouble:
    said = (terminated.get("message") or "").strip()
    try:
        failure = FetchFailure.model_validate_json(said)
    except ValidationError:
        cause = said[-_MESSAGE_LENGTH:] or f"exit code {terminated['exitCode']}"
        reason = terminated.get("reason") or "Error"
        return Trouble(
            "ContainerFailed" if reason == "Error" else reason, f"container {container} of pod {pod} ended: {cause}"
        )
    return Trouble(failure.reason, failure.message)
