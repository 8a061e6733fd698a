"""Which lines of a container that is started again and again tell why it failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdep.api.moment import timestamp


@dataclass(frozen=True)
class Run:
    """One that ended, from when to when as Kubernetes tells it: whole seconds."""

    started: str
    finished: str


def ended_runs(container: Mapping[str, Any]) -> tuple[Run, ...]:
    """Those of which the container's status tells the end, the newest first; none while the first one lasts."""
    told = ((container.get(state) or {}).get("terminated") for state in ("state", "lastState"))
    return tuple(Run(ended.get("startedAt") or "", ended.get("finishedAt") or "") for ended in told if ended)


def last_words(ended: Sequence[Run], previous: Sequence[str], current: Sequence[str]) -> list[str]:
    """What the newest run that ended said, of the two logs that the kubelet keeps; their lines begin with the time of writing.

    Between the look at the status and that at the logs the container may have been started again, and any of the two be of that run,
    or none: the clock tells. A next run may begin within the second in which one ends, so that single lines tell nothing. Where the
    run's log is gone the one before the current one is heard, which ended too.
    """
    logs = [log for log in (list(_read(previous)), list(_read(current))) if log]
    if not ended:
        return _texts(logs[-1:])
    newest, *earlier = ended
    own = [log for log in logs if _is_of(newest, log) and not any(_is_of(run, log) for run in earlier)]
    return _texts(own or logs)


_Log = list[tuple[float, str]]


def _read(lines: Sequence[str]) -> Iterator[tuple[float, str]]:
    """Lines that say something; what the kubelet says in place of a log that is gone has no time."""
    for line in lines:
        at, _, text = line.partition(" ")
        try:
            written = timestamp(at)
        except ValueError:
            continue
        if text.strip():
            yield written, text


def _is_of(run: Run, log: _Log) -> bool:
    began = timestamp(run.started) if run.started else 0
    ended = timestamp(run.finished) + 1 if run.finished else float("inf")
    return all(began <= at < ended for at, _ in log)


def _texts(logs: Sequence[_Log]) -> list[str]:
    """Of the first."""
    return [text for log in logs[:1] for _, text in log]
