"""Metrics that a class makes itself, in v1's names, labels and buckets; without the number of a worker, and bounded.

v1 labels each series with the process that counted, so that every restart of a worker began new ones.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import Any, Protocol

import numpy as np

from sdep.runtime.log import event
from sdep.runtime.tally import Tally, braces

MAX_SERIES = 1000
"""Label sets of all metrics together. A class that makes more (an id in a tag) gets no further ones, and its pod lives on."""
MAX_REASONS = 100
EDGES: tuple[float, ...] = tuple(np.logspace(-3, np.log10(30), 50).tolist())
"""Seconds: fifty, evenly spread on a logarithmic scale from one millisecond to thirty seconds."""

Labels = tuple[tuple[str, str], ...]
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_]")


class Series(Protocol):
    def add(self, value: float) -> None: ...

    def lines(self, name: str, labels: Labels) -> Iterator[str]: ...


class Counter:
    kind, suffix = "counter", "_total"

    def __init__(self) -> None:
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._sum += max(value, 0.0)  # one that falls reads as a restart

    def lines(self, name: str, labels: Labels) -> Iterator[str]:
        yield f"{name}{braces(labels)} {self._sum}\n"


class Gauge:
    kind, suffix = "gauge", ""

    def __init__(self) -> None:
        self._last = 0.0

    def add(self, value: float) -> None:
        self._last = value

    def lines(self, name: str, labels: Labels) -> Iterator[str]:
        yield f"{name}{braces(labels)} {self._last}\n"


class Timer:
    """Takes milliseconds, as v1's does, and gives seconds. A value on an edge counts in the next bucket, as there."""

    kind, suffix = "histogram", ""

    def __init__(self) -> None:
        self._counts = [0] * (len(EDGES) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        seconds = value / 1000
        self._counts[bisect_right(EDGES, seconds)] += 1
        self._sum += seconds

    def lines(self, name: str, labels: Labels) -> Iterator[str]:
        below = 0
        for edge, count in zip((*map(str, EDGES), "+Inf"), self._counts, strict=True):
            below += count
            yield f"{name}_bucket{braces((*labels, ('le', edge)))} {float(below)}\n"
        yield f"{name}_count{braces(labels)} {float(below)}\n"
        yield f"{name}_sum{braces(labels)} {self._sum}\n"


KINDS: Mapping[str, type[Counter | Gauge | Timer]] = {"COUNTER": Counter, "GAUGE": Gauge, "TIMER": Timer}


class CustomMetrics:
    """Safe to use from any thread. `labels` are on every series, and win over a tag of the same name."""

    def __init__(self, labels: Mapping[str, str], taken: Iterable[str] = ()) -> None:
        self._labels = dict(labels)
        self._taken = frozenset(taken)
        self._families: dict[str, tuple[type[Counter | Gauge | Timer], dict[Labels, Series]]] = {}
        self._size = 0
        self._lock = Lock()
        self._told: set[str] = set()
        self._dropped = Tally("seldon_api_model_custom_metrics_dropped_total", "Custom metrics that were not kept")
        self._dropped.add(0, labels)

    def update(self, metrics: Iterable[Mapping[str, Any]], method: str) -> None:
        """`metrics` as a class gives them: `type` (COUNTER where it is missing), `key`, `value`, and perhaps `tags`."""
        for metric in metrics:
            why = self._add(metric, method)
            if why:
                self._drop(str(metric.get("key")), why)

    def exposition(self) -> str:
        """Prometheus' text; each name once, with all of its series."""
        with self._lock:
            text = "".join(
                f"# HELP {name} Of the class itself\n# TYPE {name} {kind.kind}\n"
                + "".join(line for labels, one in series.items() for line in one.lines(name, labels))
                for name, (kind, series) in self._families.items()
            )
        return text + self._dropped.exposition()

    def _add(self, metric: Mapping[str, Any], method: str) -> str:
        """Give the reason why it was not kept."""
        kind = KINDS.get(str(metric.get("type", "COUNTER")))
        if kind is None:
            return f"{metric.get('type')} is none of {', '.join(KINDS)}"
        try:
            value = float(metric["value"])
        except (KeyError, TypeError, ValueError):
            return "its value is no number"
        if not math.isfinite(value):
            return f"its value is {value}"
        name = _name(str(metric.get("key")).removesuffix(kind.suffix)) + kind.suffix
        if name in self._taken:
            return f"{name} is a metric of the runtime"
        with self._lock:
            return self._keep(name, kind, self._label_set(metric.get("tags"), method), value)

    def _keep(self, name: str, kind: type[Counter | Gauge | Timer], labels: Labels, value: float) -> str:
        known, series = self._families.get(name, (kind, {}))
        if known is not kind:
            return f"{name} is a {known.kind} already"
        if labels not in series:
            if self._size >= MAX_SERIES:
                return f"there are {MAX_SERIES} label sets already: a tag must not have a value of its own for each request"
            self._size += 1
            self._families.setdefault(name, (kind, series))
            series[labels] = kind()
        series[labels].add(value)
        return ""

    def _label_set(self, tags: object, method: str) -> Labels:
        own = {_name(str(key)): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {}
        own.pop("le", None)  # the buckets' own
        return tuple(sorted({**own, "method": method, **self._labels}.items()))

    def _drop(self, key: str, why: str) -> None:
        """Every one is counted; the log says each reason once."""
        self._dropped.add(1, self._labels)
        if why not in self._told and len(self._told) < MAX_REASONS:
            self._told.add(why)
            event("custom metric dropped", level="warning", metric=key, reason=why)


def _name(text: str) -> str:
    """Make a name that Prometheus takes: one wrong name would spoil the whole page."""
    legal = _ILLEGAL.sub("_", text)
    return f"_{legal}" if legal[:1].isdigit() or not legal else legal
