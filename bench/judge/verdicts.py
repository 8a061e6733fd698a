"""Rollouts at low rates, to their end: how many are told by evidence and how many by the clock, with a last look and without."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from bench.judge import ours
from bench.judge.rollouts import slug
from bench.judge.traffic import LOOK_SECONDS, SHARES, STEP_LOOKS, Arm, Service, joined, service, step
from sdep.api.duration import seconds
from sdep.rollout.analysis.bands import band
from sdep.rollout.analysis.findings import KEPT
from sdep.rollout.analysis.margins import DEFAULT_MARGINS

RATES = (0.2, 1, 2, 5)
LAST_LOOKS = int(seconds(ours.ANALYSIS.max_duration)) // LOOK_SECONDS
_LOOKS = STEP_LOOKS, STEP_LOOKS, LAST_LOOKS
_BETWEEN = 12
"""How many looks of the last step lie between two at which it is asked whether all has passed: asking is dear."""
CHUNK = 25
COLUMNS = ("PASS %", "FAIL %", "CLOCK %", "s", "requests")
JUDGES = {"without": 0.0, "with": KEPT}
"""What part of the chances of an error is kept for the last look."""


@dataclass(frozen=True)
class Kind:
    """What canary is tried. `good`: it must not be turned back; `beyond`: it must not be promoted, being at a margin."""

    name: str
    stable: Service
    canary: Service
    good: bool = False
    beyond: bool = False

    @property
    def slug(self) -> str:
        return slug(self.name)


@dataclass(frozen=True)
class Ended:
    """By what verdict; "" is the clock."""

    verdict: str
    seconds: int
    requests: int


_FEW = service(errors=0.001)
KINDS = [
    Kind("no difference, 1 % fail", service(), service(), good=True),
    Kind("no difference, 0.1 % fail", _FEW, _FEW, good=True),
    Kind("at the margin: errors 1→1.5 %", service(), service(errors=0.015), beyond=True),
    Kind("at the margin: errors 0.1→0.6 %", _FEW, service(errors=0.006), beyond=True),
    Kind("at the margin: p99 +25 %", _FEW, service(errors=0.001, slower=1.25), beyond=True),
    Kind("errors 1→2 %", service(), service(errors=0.02)),
    Kind("errors 1→5 %", service(), service(errors=0.05)),
    Kind("p99 +50 %", service(), service(slower=1.5)),
    Kind("predictions +0.5 sd", service(), service(shift=0.5)),
]


def ended(kind: Kind, rate: float, rollouts: int, pool: Executor) -> dict[str, list[Ended]]:
    """By judge, of the same rollouts."""
    jobs = [(kind, rate, min(CHUNK, rollouts - start), start) for start in range(0, rollouts, CHUNK)]
    chunks = list(pool.map(_chunk, jobs))
    return {judge: [one for chunk in chunks for one in chunk[judge]] for judge in JUDGES}


def _chunk(job: tuple[Kind, float, int, int]) -> dict[str, list[Ended]]:
    kind, rate, size, seed = job
    draw = np.random.default_rng([seed, int(10 * rate), *kind.name.encode()])
    pair = kind.stable, kind.canary
    steps = [_lasting(looks, pair, rate, share, size, draw) for share, looks in zip(SHARES, _LOOKS, strict=True)]
    seen = np.cumsum(np.concatenate([canary.requests for _, canary in steps]), axis=0)
    odds: list[ours.Logs] = []
    for arms in steps:
        odds.append(ours.odds_of(*arms, odds[-1] if odds else None))
    whole = [(one.until_each_look(), other.until_each_look()) for one, other in steps]
    return {
        judge: [
            Ended(verdict, (look + 1) * LOOK_SECONDS, int(seen[look, rollout]))
            for rollout, (verdict, look) in enumerate(_judged(whole, odds, kept))
        ]
        for judge, kept in JUDGES.items()
    }


def _lasting(
    looks: int, pair: tuple[Service, Service], rate: float, share: float, rollouts: int, draw: np.random.Generator
) -> tuple[Arm, Arm]:
    """A step that lasts longer than others do."""
    parts = [step(pair, rate, share, rollouts, draw) for _ in range(looks // STEP_LOOKS)]
    one, other = (joined(arms) for arms in zip(*parts, strict=True))
    return one, other


def _judged(steps: list[tuple[Arm, Arm]], odds: list[ours.Logs], kept: float) -> Iterator[tuple[str, int]]:
    """Of each rollout the verdict, and the look at which it was."""
    failed = [
        ours.first_failures(*arms, share, logs, kept) for arms, share, logs in zip(steps, SHARES, odds, strict=True)
    ]
    for rollout, looks in enumerate(zip(*failed, strict=True)):
        first = next((number for number, look in enumerate(looks) if look != ours.NEVER), None)
        if first is not None and first + 1 < len(SHARES):
            yield "Fail", first * STEP_LOOKS + looks[first]
            continue
        verdict, look = _last_step(steps[-1], odds[-1], kept, rollout, looks[-1])
        yield verdict, 2 * STEP_LOOKS + look


def _last_step(arms: tuple[Arm, Arm], odds: ours.Logs, kept: float, rollout: int, fails: int) -> tuple[str, int]:
    end = LAST_LOOKS if fails == ours.NEVER else fails
    for look in range(STEP_LOOKS - 1, end, _BETWEEN):
        if (
            _may_pass(arms, (look, rollout))
            and ours.judged(arms, SHARES[-1], (look, rollout), odds, kept=kept) == "Pass"
        ):
            return "Pass", look
    if fails != ours.NEVER:
        return "Fail", fails
    place = LAST_LOOKS - 1, rollout
    said = ours.judged(arms, SHARES[-1], place, odds, last=kept > 0, kept=kept)
    return (said if said in {"Pass", "Fail"} else ""), place[0]


def _may_pass(arms: tuple[Arm, Arm], place: tuple[int, int]) -> bool:
    """Whether the analysis need be asked: predictions pass no sooner than their bands are within the margin."""
    trials = [int(arm.predictions[place].sum()) for arm in arms]
    alpha = ours.ANALYSIS.alpha / 2
    return min(trials) > 0 and 100 * sum(band(each, alpha) for each in trials) <= DEFAULT_MARGINS["predictions"]


def share(found: list[Ended], verdict: str) -> float:
    return sum(one.verdict == verdict for one in found) / len(found)


def row(found: list[Ended]) -> Iterator[str]:
    """Promoted, turned back and by the clock, in percent; median seconds and requests of those that were told."""
    for verdict in ("Pass", "Fail", ""):
        yield f"{100 * share(found, verdict):.3g}"
    told = [one for one in found if one.verdict]
    yield f"{np.median([one.seconds for one in told]):,.0f}" if told else "-"
    yield f"{np.median([one.requests for one in told]):,.0f}" if told else "-"
