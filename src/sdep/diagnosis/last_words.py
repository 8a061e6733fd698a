"""Which lines of a container that is started again and again tell why it failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdep.api.moment import timestamp


@dataclass(frozen=True)
class Run:
    """One that ended, from when to when as Kubernetes tells it: whole seconds."""

    started: str
    finished: str


def ended_run(container: Mapping[str, Any]) -> Run | None:
    """The last run of which the container's status tells the end; None while the first one lasts."""
    for state in ("state", "lastState"):
        if ended := (container.get(state) or {}).get("terminated"):
            return Run(ended.get("startedAt") or "", ended.get("finishedAt") or "")
    return None


def last_words(run: Run | None, previous: Sequence[str], current: Sequence[str]) -> list[str]:
    """What a run said, of the two logs that the kubelet keeps; their lines begin with the time of writing.

    Between the look at the status and that at the logs the container may have been started again, and any of the two be that of the
    run, or none: by the clock its lines are known. One that is gone leaves the run before the current one, which ended too.
    """
    if run is None:
        return _texts(current) or _texts(previous)
    both = dict.fromkeys([*previous, *current])  # one run in both, where the next one has not begun
    return _texts(both, run) or _texts(previous) or _texts(current)


def _texts(lines: Iterable[str], run: Run | None = None) -> list[str]:
    return [text for at, text in _read(lines) if run is None or _within(run, at)]


def _read(lines: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Lines that say something; what the kubelet itself says of a log that is gone has no time."""
    for line in lines:
        at, _, text = line.partition(" ")
        try:
            written = timestamp(at)
        except ValueError:
            continue
        if text.strip():
            yield written, text


def _within(run: Run, at: float) -> bool:
    began = timestamp(run.started) if run.started else 0
    return began <= at and (not run.finished or at < timestamp(run.finished) + 1)
