"""What watches tell of one namespace's objects, and when they told it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bench.cluster import Body, Cluster
from sdep.render.manifest import Key, key_of


@dataclass
class Sighting:
    """One object: when it was first seen, when what is asked of it (its generation) last changed, and how it is now."""

    first: float
    changed: float
    body: Body

    def put(self, body: Body, now: float) -> None:
        if body["metadata"].get("generation") != self.body["metadata"].get("generation"):
            self.changed = now
        self.body = body


class WatchEndedError(Exception):
    """A watch that broke off, so that nothing could be learned any more."""


class Watches:
    """One watch a kind, children and owners, each in a thread of its own. Times are those of `time.monotonic`."""

    def __init__(self, cluster: Cluster, namespace: str, seconds: int) -> None:
        self._changed = threading.Condition()
        self._seen: dict[Key, Sighting] = {}
        self._to_come: set[Key] = set()
        self._to_go: set[Key] = set()
        self._last_gone = 0.0
        self._ended = ""
        for api, kind in cluster.kinds:
            follow = (cluster, api, kind, namespace, seconds)
            threading.Thread(target=self._follow, args=follow, name=f"watch {kind}", daemon=True).start()

    def get(self, key: Key) -> Sighting | None:
        return self._seen.get(key)

    def first(self, key: Key) -> float:
        return self._seen[key].first

    def until_all_exist(self, keys: Collection[Key], seconds: float) -> None:
        with self._changed:
            self._to_come = set(keys) - self._seen.keys()
        what = self._to_come
        self.until(lambda: not what, lambda: f"{len(what)} of {len(keys)} children, e.g. {min(what)}", seconds)

    def until_all_gone(self, keys: Collection[Key], seconds: float) -> float:
        """When the last of them went."""
        with self._changed:
            self._to_go = set(keys) & self._seen.keys()
        what = self._to_go
        self.until(lambda: not what, lambda: f"the deletion of {len(what)} objects, e.g. {min(what)}", seconds)
        return self._last_gone

    def until(self, condition: Callable[[], bool], what: Callable[[], str], seconds: float, pause: float = 0.0) -> None:
        """Look again whenever something changed, though not sooner than after `pause`. Raises TimeoutError that says what did not come."""
        deadline = time.monotonic() + seconds
        while True:
            with self._changed:
                if condition():
                    return
                if self._ended:
                    raise WatchEndedError(self._ended)
                if not self._changed.wait(deadline - time.monotonic()) and not condition():
                    raise TimeoutError(f"not within {seconds:.0f} s: {what()}")
            time.sleep(pause)  # spares the processor that is measured

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
                self._to_go.discard(key)
                self._last_gone = now
            elif key in self._seen:
                self._seen[key].put(body, now)
            else:
                self._seen[key] = Sighting(now, now, body)
                self._to_come.discard(key)
            self._changed.notify_all()
