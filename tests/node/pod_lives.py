"""When each pod of a SeldonDeployment was ready and when it was told to go, as the pods' own objects say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from demo.kubectl import CommandError, Target

_BETWEEN_LOOKS_SECONDS = 1.0


@dataclass
class Life:
    """Times are seconds of the epoch; a pod that never was ready, or still is, has infinity there."""

    uid: str
    predictor: str
    address: str
    ready: float = float("inf")
    told_to_go: float = float("inf")


class PodLives:
    """Remembers pods that are gone. What it asks for is in each object for as long as there is one, so it need not watch."""

    def __init__(self, target: Target, namespace: str, name: str) -> None:
        self._target = target
        self._query = ("pods", "-n", namespace, "-l", f"seldon-deployment-id={name}")
        self._lives: dict[str, Life] = {}

    @classmethod
    @contextmanager
    def watched(cls, target: Target, namespace: str, name: str) -> Iterator[Self]:
        pods, ended = cls(target, namespace, name), threading.Event()

        def follow() -> None:
            while not ended.wait(_BETWEEN_LOOKS_SECONDS):
                pods.look()

        follower = threading.Thread(target=follow)
        pods.look()
        follower.start()
        try:
            yield pods
        finally:
            ended.set()
            follower.join()

    def look(self) -> None:
        try:
            found = self._target.get(*self._query)["items"]
        except CommandError:  # a test may have taken the API server away; what is there then is seen later
            return
        for pod in found:
            self._learn(pod)

    def _learn(self, pod: dict[str, Any]) -> None:
        metadata, status = pod["metadata"], pod.get("status", {})
        life = self._lives.setdefault(metadata["uid"], Life(metadata["uid"], metadata["labels"].get("version", ""), ""))
        life.address = status.get("podIP") or life.address
        for condition in status.get("conditions", ()):
            if condition["type"] == "Ready" and condition["status"] == "True":
                life.ready = min(life.ready, _epoch(condition["lastTransitionTime"]))
        if "deletionTimestamp" in metadata:
            life.told_to_go = _epoch(metadata["deletionTimestamp"]) - metadata["deletionGracePeriodSeconds"]

    def was_ready(self, address: str, at: float) -> bool:
        return any(life.address == address and life.ready <= at for life in list(self._lives.values()))

    def seconds_after_its_end(self, address: str, at: float) -> float:
        """How long ago the pod had been told to go; negative while it had not."""
        ends = [life.told_to_go for life in list(self._lives.values()) if life.address == address]
        return at - max(ends, default=float("inf"))

    def predictor(self, address: str) -> str:
        found = [life.predictor for life in list(self._lives.values()) if life.address == address]
        return found[-1] if found else address


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
