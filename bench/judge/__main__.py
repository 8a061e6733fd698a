"""`python -m bench.judge`: how often a good canary is turned back, and how soon a bad one, beside other tools' rules."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor

import numpy as np

from bench.judge import distances, enough, ours, verdicts
from bench.judge.peers import DOCUMENTED
from bench.judge.rollouts import JUDGES, Outcome, Scenario, median, passed, run, share
from bench.judge.traffic import SHARES, service, step
from bench.targets import Target
from demo.table import table
from sdep.api.rollout import PredictionDistance
from sdep.rollout.analysis import Look, analyse

RATES = (1, 10, 100)
"""Requests a second, of both predictors together."""
ALPHA = ours.ANALYSIS.alpha
CLEAR = {
    "errors 1→20 %": 1,
    "p99 x3": 1,
    "errors 1→5 %": 10,
    "p99 +50 %": 10,
    "predictions +0.5 sd": 10,
    "predictions +1 sd": 10,
    "errors 1→2 %": 100,
}
"""Failures that must be found, from how many requests a second on."""
SOON = {("p99 +50 %", 10): 300.0, ("predictions +0.5 sd", 10): 600.0, ("errors 1→2 %", 100): 600.0}
"""Seconds in which half of them must be found, at a number of requests a second: one of the three steps, or two."""
MOST_MISSED = 0.01
CALL_SECONDS = 0.002


FAILURES = {
    "errors 1→2 %": service(errors=0.02),
    "errors 1→5 %": service(errors=0.05),
    "errors 1→20 %": service(errors=0.2),
    "p99 +50 %": service(slower=1.5),
    "p99 x3": service(slower=3),
    "p99 x3, in the tail": service(tail=0.025),
    "predictions +0.25 sd": service(shift=0.25),
    "predictions +0.5 sd": service(shift=0.5),
    "predictions +1 sd": service(shift=1),
}


def scenarios(good: int, bad: int) -> list[Scenario]:
    return [
        Scenario("no difference", good, good=True),
        Scenario("both fail together", good // 5, good=True, outages=True),
        *(Scenario(name, bad, canary) for name, canary in FAILURES.items()),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--good", type=int, default=10_000, help="rollouts without a difference, at each rate")
    parser.add_argument("--bad", type=int, default=200, help="rollouts of each failure")
    parser.add_argument("--slow", type=int, default=60, help="rollouts of each kind at low rates, to their end")
    parser.add_argument("--only", choices=["slow"], help="nothing but those")
    asked = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        targets = list(_verdicts(asked.slow, pool))
        if not asked.only:
            targets += [target for rate in RATES for target in _rate(rate, scenarios(asked.good, asked.bad), pool)]
            targets += _distances(asked.good // 20, asked.bad, pool)
    of_numbers = [distance for kind, distance in distances.JUDGED if kind == "numbers"]
    calls = [(Target(f"analysis-seconds-{name}", CALL_SECONDS), seconds_a_call(name)) for name in of_numbers]
    for target, measured in [*targets, *calls]:
        sys.stdout.write(f"{target.verdict(measured)}\n")
    return 0


def _rate(rate: int, kinds: list[Scenario], pool: Executor) -> Iterator[tuple[Target, float]]:
    rows = []
    for scenario in kinds:
        found = run(scenario, rate, pool)
        rows.append([scenario.name, f"{scenario.rollouts:,}", *_row(found)])
        name = f"{rate}rps-{scenario.slug}"
        if scenario.good:
            yield Target(f"false-rollbacks-{name}", ALPHA), share(found["sdep"])
        elif CLEAR.get(scenario.name, math.inf) <= rate:
            yield Target(f"missed-{name}", MOST_MISSED), found["sdep"].count(None) / scenario.rollouts
        if (scenario.name, rate) in SOON:
            yield Target(f"seconds-{name}", SOON[scenario.name, rate]), median(found["sdep"])[0]
    headings = [f"{judge.upper()} {column}" for judge in JUDGES for column in ("%", "s", "requests")]
    headings += [f"{judge.upper()}, DOCUMENTED %" for judge in DOCUMENTED]
    sys.stdout.write(f"\n{rate} requests/s\n{table(['CANARY', 'ROLLOUTS', *headings], rows)}\n")
    steps = (
        f"{100 * part:.0f} % at {100 * weight:g} %" for part, weight in zip(passed(rate, 100), SHARES, strict=True)
    )
    sys.stdout.write(f"Good canaries that have passed when a step of five minutes ends: {', '.join(steps)}.\n")
    sys.stdout.flush()


def _distances(good: int, bad: int, pool: Executor) -> list[tuple[Target, float]]:
    headings = [
        "PREDICTIONS",
        "ANSWERED AS",
        "DISTANCE",
        *(f"{rate}/S {word}" for rate in RATES for word in ("%", "s", "requests")),
    ]
    found = list(distances.rows(RATES, good, bad, pool))
    sys.stdout.write(f"\nEach distance alone\n{table(headings, [row for row, _ in found])}\n")
    return [
        (Target(f"false-rollbacks-{row[1].replace(' ', '-')}-{row[2]}", ALPHA), most)
        for row, most in found
        if row[0] == "no difference"
    ]


def _verdicts(rollouts: int, pool: Executor) -> Iterator[tuple[Target, float]]:
    """Four times as many of those of which hardly any may be turned back, or promoted."""
    headings = [f"{judge.upper()} {column}" for judge in verdicts.JUDGES for column in verdicts.COLUMNS]
    for rate in verdicts.RATES:
        rows = []
        for kind in verdicts.KINDS:
            found = verdicts.ended(kind, rate, rollouts * (4 if kind.good or kind.beyond else 1), pool)
            rows.append([kind.name, *(cell for each in found.values() for cell in verdicts.row(each))])
            name, now = f"{rate:g}rps-{kind.slug}", found["with"]
            if kind.good:
                yield Target(f"false-rollbacks-to-the-end-{name}", ALPHA), verdicts.share(now, "Fail")
            if kind.beyond:
                yield Target(f"false-promotions-{name}", ALPHA), verdicts.share(now, "Pass")
        heading = f"{rate:g} requests/s until all has passed, for half an hour at most, without a last look and with"
        sys.stdout.write(f"\n{heading}\n{table(['CANARY', *headings], rows)}\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"\nGood canaries that pass by the last look\n{table(enough.HEADINGS, list(enough.rows(rollouts)))}\n"
    )


def _row(found: Outcome) -> Iterator[str]:
    """Of each judge how many it turned back, after how long, and how many requests had seen the canary by then."""
    for judge in JUDGES:
        yield f"{100 * share(found[judge]):.3g}"
        yield from ("-" if math.isnan(value) else f"{value:,.0f}" for value in median(found[judge]))
    yield from (f"{100 * share(found[f'{judge}-documented']):.3g}" for judge in DOCUMENTED)


def seconds_a_call(distance: PredictionDistance) -> float:
    """Processor time of one analysis by four metrics, of 3,000 requests of which the canary got a quarter, that differ in nothing."""
    metrics = [metric.model_copy(update={"distance": distance}) for metric in ours.ANALYSIS.metrics]
    analysis = ours.ANALYSIS.model_copy(update={"metrics": metrics})
    stable, canary = (
        arm.until_each_look() for arm in step((service(), service()), 10, 0.25, 50, np.random.default_rng(0))
    )
    pairs = [(ours.evidence(stable, (29, number)), ours.evidence(canary, (29, number))) for number in range(50)]
    start = time.process_time()
    for pair in pairs:
        analyse(analysis, *pair, Look(steps=ours.STEPS, share=0.25))
    return (time.process_time() - start) / len(pairs)


if __name__ == "__main__":
    sys.exit(main())
