"""What watches tell of one namespace's objects, and when they told it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bench.cluster import Body, Cluster
from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.render import KINDS
from sdep.render.manifest import Key, key_of


@dataclass
class Sighting:
    """One object: when it was first seen, when it last changed, and how it is now."""

    first: float
    latest: float
    body: Body


class WatchEndedError(Exception):
    """A watch that broke off, so that nothing could be learned any more."""


class Watches:
    """One watch a kind, children and owners, each in a thread of its own. Times are those of `time.monotonic`."""

    def __init__(self, cluster: Cluster, namespace: str, seconds: int) -> None:
        self._changed = threading.Condition()
        self._seen: dict[Key, Sighting] = {}
        self._ended = ""
        for api, kind in (*KINDS, (API_VERSION, KIND)):
            follow = (cluster, api, kind, namespace, seconds)
            threading.Thread(target=self._follow, args=follow, name=f"watch {kind}", daemon=True).start()

    def get(self, key: Key) -> Sighting | None:
        return self._seen.get(key)

    def first(self, key: Key) -> float:
        return self._seen[key].first

    def until_all_exist(self, keys: Collection[Key], seconds: float) -> None:
        missing = set(keys)

        def all_exist() -> bool:
            missing.difference_update([key for key in missing if key in self._seen])
            return not missing

        self.until(all_exist, lambda: f"{len(missing)} of {len(keys)} children, e.g. {min(missing)}", seconds)

    def until_all_gone(self, keys: Collection[Key], seconds: float) -> None:
        def left() -> list[Key]:
            return [key for key in keys if key in self._seen]

        self.until(lambda: not left(), lambda: f"the deletion of {left()[0]}", seconds)

    def until(self, condition: Callable[[], bool], what: Callable[[], str], seconds: float) -> None:
        """Look again whenever something changed. Raises TimeoutError that says what did not come."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition():
                if self._ended:
                    raise WatchEndedError(self._ended)
                if not self._changed.wait(deadline - time.monotonic()) and not condition():
                    raise TimeoutError(f"not within {seconds:.0f} s: {what()}")

    def _follow(self, cluster: Cluster, api: str, kind: str, namespace: str, seconds: int) -> None:
        ended = f"the watch of {kind} ended after its {seconds} s"
        try:
            for event, body in cluster.events(api, kind, namespace, seconds):
                self._record(event, body, time.monotonic())
        except Exception as error:  # noqa: BLE001 - whatever it was, the waiting thread raises it
            ended = f"the watch of {kind} broke off: {error!r}"
        with self._changed:
            self._ended = ended
            self._changed.notify_all()

    def _record(self, event: str, body: Body, now: float) -> None:
        key = key_of(body)
        with self._changed:
            if event == "DELETED":
                self._seen.pop(key, None)
            elif key in self._seen:
                self._seen[key].latest, self._seen[key].body = now, body
            else:
                self._seen[key] = Sighting(now, now, body)
            self._changed.notify_all()
