"""Many rollouts of one kind, and when each judge turned each of them back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from bench.judge import ours, peers
from bench.judge.traffic import LOOK_SECONDS, SHARES, STEP_LOOKS, Arm, Service, service, step

CHUNK = 100
JUDGES = ("sdep", "flagger", "argo")


@dataclass(frozen=True)
class Scenario:
    """What is wrong with the canary, in so many rollouts."""

    name: str
    rollouts: int
    canary: Service = field(default_factory=service)
    good: bool = False
    outages: bool = False

    @property
    def slug(self) -> str:
        return slug(self.name)


@dataclass(frozen=True)
class Stopped:
    """A rollout that was turned back: after how many seconds, and how many requests had seen the canary."""

    seconds: float
    requests: int


Outcome = Mapping[str, list[Stopped | None]]
"""By judge, for each rollout."""


def run(scenario: Scenario, rate: float, pool: Executor | None = None) -> Outcome:
    """All rollouts of a scenario, in processes of their own where there is a pool. The same numbers every time."""
    sizes = [min(CHUNK, scenario.rollouts - start) for start in range(0, scenario.rollouts, CHUNK)]
    jobs = [(scenario, rate, size, seed) for seed, size in enumerate(sizes)]
    chunks = pool.map(_chunk, jobs) if pool else map(_chunk, jobs)
    found: dict[str, list[Stopped | None]] = {}
    for chunk in chunks:
        for judge, each in chunk.items():
            found.setdefault(judge, []).extend(each)
    return found


def passed(rate: float, rollouts: int) -> list[float]:
    """The part of good canaries that each step has already let pass when it ends."""
    draw, shares = np.random.default_rng(1), []
    for share in SHARES:
        arms = step((service(), service()), rate, share, rollouts, draw)
        odds = ours.odds_of(*arms)
        whole = arms[0].until_each_look(), arms[1].until_each_look()
        verdicts = [ours.judged(whole, share, (STEP_LOOKS - 1, rollout), odds) for rollout in range(rollouts)]
        shares.append(verdicts.count("Pass") / rollouts)
    return shares


def _chunk(job: tuple[Scenario, float, int, int]) -> Outcome:
    scenario, rate, size, seed = job
    draw = np.random.default_rng([seed, int(rate), *scenario.name.encode()])
    pair = service(), scenario.canary
    steps = [step(pair, rate, share, size, draw, outages=scenario.outages) for share in SHARES]
    seen = np.cumsum(np.concatenate([canary.requests for _, canary in steps]), axis=0)
    looks = {"sdep": _ours(steps, size), **dict(_peers([canary for _, canary in steps]))}
    return {
        judge: [
            None if look is None else Stopped((look + 1) * LOOK_SECONDS, int(seen[look, rollout]))
            for rollout, look in enumerate(each)
        ]
        for judge, each in looks.items()
    }


def _ours(steps: list[tuple[Arm, Arm]], size: int) -> list[int | None]:
    found: list[int | None] = [None] * size
    odds: ours.Logs | None = None
    for number, ((stable, canary), share) in enumerate(zip(steps, SHARES, strict=True)):
        odds = ours.odds_of(stable, canary, odds)
        going = np.array([look is None for look in found])
        one, other = (arm.rollouts(going).until_each_look() for arm in (stable, canary))
        for rollout, look in zip(
            np.flatnonzero(going), ours.first_failures(one, other, share, odds[:, going]), strict=True
        ):
            if look != ours.NEVER:
                found[rollout] = number * STEP_LOOKS + look
    return found


def _peers(canaries: list[Arm]) -> Iterator[tuple[str, list[int | None]]]:
    for suffix, bounds in (("", dict.fromkeys(peers.DOCUMENTED, peers.TOLD)), ("-documented", peers.DOCUMENTED)):
        for name, judge in (("flagger", peers.flagger), ("argo", peers.argo)):
            parts = [peers.minutes(canary, bounds[name]) for canary in canaries]
            stopped = judge(*(np.concatenate(part) for part in zip(*parts, strict=True)))
            yield name + suffix, [_look(each) for each in stopped.T]


def _look(stopped: peers.Minutes) -> int | None:
    return (int(np.argmax(stopped)) + 1) * peers.MINUTE_LOOKS - 1 if stopped.any() else None


def slug(name: str) -> str:
    """A name in ASCII, for target lines."""
    return "-".join(name.translate({ord("→"): " to ", **dict.fromkeys(map(ord, "%,:+"))}).split())


def share(stopped: list[Stopped | None]) -> float:
    return sum(each is not None for each in stopped) / len(stopped)


def median(stopped: list[Stopped | None]) -> tuple[float, float]:
    """Seconds and requests of those that were turned back; NaN where none was."""
    found = [each for each in stopped if each]
    if not found:
        return math.nan, math.nan
    return float(np.median([each.seconds for each in found])), float(np.median([each.requests for each in found]))
