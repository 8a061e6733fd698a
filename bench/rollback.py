"""`python -m bench.rollback`: how soon a canary that does worse is turned back on a real node, and how many requests saw it."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.targets import Target as Figure
from demo import operator, platform
from demo.kubectl import Target
from demo.steps import step
from demo.table import table
from demo.target import choose
from sdep.api.moment import seconds_between
from tests.node import judged, sdep
from tests.node.load import PACE, Load, steady

NAME = "rollback"
UNSEEN = ("dead", "retyped", "stale")
"""Canaries that never start, whose models take other inputs, and that fail their own example: no request may reach one."""
BEHAVIOURS = ("errors", "slow", "shifted", *UNSEEN, "good")
_HEADINGS = ("CANARY", "ENDED", "BY", "SECONDS", "REQUESTS", "SAW IT", "ALLOWED", "FAILED", "WHY")
_OK = 200
_LONGEST = 90
_SOON = 20.0
"""Seconds in which a bad canary is turned back: a third of its first step."""


@dataclass(frozen=True)
class Trial:
    """`seconds` are those from the first request that it could get; `saw` of `requests` went to the canary, `failed` of all."""

    behaviour: str
    phase: str
    reason: str
    seconds: float
    requests: int
    saw: int
    failed: int
    why: str

    @property
    def allowed(self) -> float:
        """What the first step allows: nothing of one that must not be seen."""
        return 0.0 if self.behaviour in UNSEEN else judged.exposure(self.requests, judged.CAUTIOUS)


def main() -> int:
    target = choose()
    with step("install the operator and the platform"):
        operator.install(target)
        platform.install(target)
    sys.stdout.write(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; {PACE:.0f} requests a second\n")
    found = list(_trials(target))
    sys.stdout.write(f"\n{table(_HEADINGS, [_cells(trial) for trial in found])}\n\n")
    sys.stdout.write("".join(f"{figure.verdict(measured)}\n" for figure, measured in _figures(found)))
    return 0


def _trials(target: Target) -> Iterator[Trial]:
    """One after the other, on a SeldonDeployment that never rests."""
    with judged.classes(target), tempfile.TemporaryDirectory() as folder:
        sdep.apply(target, judged.manifest(target, NAME))
        try:
            sdep.wait_ready(target, NAME)
            sdep.wait_routed(target, NAME)
            with steady(target, sdep.NAMESPACE, NAME, Path(folder) / "answers") as load:
                for behaviour in BEHAVIOURS:
                    with step(f"a canary: {behaviour}"):
                        yield _trial(target, load, behaviour)
        finally:
            target.kubectl("delete", "sdep", NAME, "-n", sdep.NAMESPACE, "--ignore-not-found")


def _trial(target: Target, load: Load, behaviour: str) -> Trial:
    before, began = judged.rollout(target, NAME).get("revision"), time.time()
    steps = judged.STEPS if behaviour == "good" else judged.CAUTIOUS
    sdep.apply(target, judged.manifest(target, NAME, behaviour, steps=steps))
    found = judged.wait_for(
        target, NAME, lambda now: judged.ended(now) and now["revision"] != before, f"{behaviour} is judged"
    )
    load.wait_for(round(3 * PACE), time.time())  # until every gateway has been told
    entered = load.first_of("canary", began)
    judged_for = [answer for answer in load.answers(entered or began) if answer.sent < _epoch(found["finishedAt"]) + 1]
    return Trial(
        behaviour=behaviour,
        phase=found["phase"],
        reason=found["reason"],
        seconds=_epoch(found["finishedAt"]) - entered if entered else 0.0,
        requests=len(judged_for),
        saw=load.shares(began)["canary"],
        failed=sum(answer.status != _OK for answer in load.answers(began)),
        why=found["message"],
    )


def _epoch(moment: str) -> float:
    return seconds_between("1970-01-01T00:00:00Z", moment)


def _cells(trial: Trial) -> list[str]:
    why = trial.why if len(trial.why) <= _LONGEST else f"{trial.why[:_LONGEST]}…"
    allowed = "-" if trial.phase == "Promoted" else f"{trial.allowed:.0f}"
    return [
        *(trial.behaviour, trial.phase, trial.reason, f"{trial.seconds:.0f}", str(trial.requests), str(trial.saw)),
        *(allowed, str(trial.failed), why),
    ]


def _figures(found: list[Trial]) -> Iterator[tuple[Figure, float]]:
    """Targets: bad canaries turned back within their first step's exposure; a good one costs nobody a request."""
    for trial in found:
        if trial.behaviour == "good":
            yield Figure("good-failed-requests", 0), trial.failed
            yield Figure("good-not-promoted", 0), trial.phase != "Promoted"
        else:
            yield Figure(f"{trial.behaviour}-not-turned-back", 0), trial.phase != "RolledBack"
            yield Figure(f"{trial.behaviour}-requests-that-saw-it", trial.allowed), trial.saw
            yield Figure(f"{trial.behaviour}-seconds", _SOON), trial.seconds
        if trial.behaviour in UNSEEN:
            yield Figure(f"{trial.behaviour}-failed-requests", 0), trial.failed


if __name__ == "__main__":
    sys.exit(main())
