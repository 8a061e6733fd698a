"""The search for a rule: beams of growing rules, the most precise of which KL-LUCB finds with few draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.explain.anchors.bounds import exploration, lower, upper
from sdep.runtime.explain.anchors.conditions import Condition, extends

if TYPE_CHECKING:
    from sdep.runtime.explain.anchors.draws import Draws, Rule
    from sdep.runtime.explain.config import Config

Array = np.ndarray[Any, Any]

MOST_DRAWS = 5_000
"""Of one rule: a precision this close to the threshold is not worth more of them."""
CLOSE = 0.02
"""A longer rule that is more precise by less than this is not worth its length, where none reaches the threshold."""
SLACK = 0.01
"""How far below the threshold the lower bound of an accepted rule may be."""


class Asked(NamedTuple):
    """v1's flags. `tau` is how much less precise than the best of its length a kept rule may be."""

    threshold: float = 0.95
    delta: float = 0.1
    tau: float = 0.15
    batch_size: int = 100
    beam_size: int = 1
    max_anchor_size: int = 0
    """0 for as many conditions as there are."""
    min_samples_start: int = 100
    stop_on_first: bool = False


def asked(config: Config) -> Asked:
    usual = Asked()
    return Asked(
        threshold=config.number("threshold", usual.threshold, 0, 1),
        delta=config.number("delta", usual.delta, 1e-9, 1),
        tau=config.number("tau", usual.tau, 0, 1),
        batch_size=config.whole("batch_size", usual.batch_size),
        beam_size=config.whole("beam_size", usual.beam_size),
        max_anchor_size=config.whole("max_anchor_size", usual.max_anchor_size, 0),
        min_samples_start=config.whole("min_samples_start", usual.min_samples_start),
        stop_on_first=config.flag("stop_on_first"),
    )


@dataclass
class Arm:
    """A rule, and what was drawn of it."""

    rule: Rule
    coverage: float
    drawn: int = 0
    same: int = 0

    @property
    def mean(self) -> float:
        return self.same / self.drawn if self.drawn else 0.0

    def told(self, answers: Array) -> None:
        self.drawn += len(answers)
        self.same += int(answers.sum())

    def low(self, level: float) -> float:
        return float(lower(np.array([self.mean]), np.array([level / self.drawn]))[0])

    def high(self, level: float) -> float:
        return float(upper(np.array([self.mean]), np.array([level / self.drawn]))[0])


class Found(NamedTuple):
    """`sure` is False where no rule reached the threshold: the most precise one is then the answer."""

    rule: Rule
    sure: bool


@dataclass
class Search:
    draws: Draws
    conditions: Sequence[Condition]
    asked: Asked
    best: Arm | None = None
    tried: list[Arm] = field(default_factory=list)

    def run(self) -> Found:
        nothing = Arm((), 1.0)
        self._draw([nothing], self.asked.min_samples_start)
        if self._reaches(nothing):
            return Found((), sure=True)
        beams = [nothing]
        for _ in range(self.asked.max_anchor_size or len(self.conditions)):
            arms = self._extended(beams)
            if not arms:
                break
            beams = self._most_precise(arms)
            self.tried += beams
            for arm in beams:
                if (self.best is None or arm.coverage > self.best.coverage) and self._reaches(arm):
                    self.best = arm
            if self.best is not None and self.asked.stop_on_first:
                break
        if self.best is not None:
            return Found(self.best.rule, sure=True)
        most = max(arm.mean for arm in [nothing, *self.tried])
        near = [arm for arm in [nothing, *self.tried] if arm.mean >= most - CLOSE]
        return Found(max(near, key=lambda arm: arm.coverage).rule, sure=False)

    def _extended(self, beams: Sequence[Arm]) -> list[Arm]:
        """Each beam with one more condition: those that may still cover more than the best found."""
        found: dict[frozenset[Condition], Arm] = {}
        least = self.best.coverage if self.best is not None else 0.0
        for arm in beams:
            for condition in self.conditions:
                rule = (*arm.rule, condition)
                if extends(arm.rule, condition) and frozenset(rule) not in found:
                    found[frozenset(rule)] = Arm(rule, self.draws.coverage(rule))
        return [arm for arm in found.values() if arm.coverage > least or not self.best]

    def _most_precise(self, arms: list[Arm]) -> list[Arm]:
        """The `beam_size` best, once they are clear within `tau`. KL-LUCB's bounds, but all that still contend are drawn of at once.

        That takes more draws than two rules a look, and far fewer calls of the model.
        """
        self._draw(arms, self.asked.min_samples_start)
        count, look = min(self.asked.beam_size, len(arms)), 1
        while count < len(arms):
            means = np.array([arm.mean for arm in arms])
            level = exploration(len(arms), look, self.asked.delta) / np.array([arm.drawn for arm in arms])
            order = np.lexsort((-np.array([arm.coverage for arm in arms]), -means))
            chosen, others = order[:count], order[count:]
            low, high = lower(means[chosen], level[chosen]), upper(means[others], level[others])
            contending = [arms[each] for each in others[high - low.min() >= self.asked.tau]]
            contending += [arms[each] for each in chosen[low <= low.min() + self.asked.tau]] if contending else []
            contending = [arm for arm in contending if arm.drawn < MOST_DRAWS]
            if not contending:
                break
            self._draw(contending, self.asked.batch_size)
            look += 1
        return sorted(arms, key=lambda arm: (-arm.mean, -arm.coverage))[:count]

    def _reaches(self, arm: Arm) -> bool:
        """Draw until the bounds of its precision are on one side of the threshold."""
        level, threshold, batch = np.log(1 / self.asked.delta), self.asked.threshold, self.asked.batch_size
        while arm.drawn < MOST_DRAWS:
            if arm.high(level) < threshold or arm.low(level) >= threshold:
                break
            if arm.mean >= threshold and arm.low(level) >= threshold - SLACK:
                break
            self._draw([arm], batch)
            batch = min(2 * batch, MOST_DRAWS)
        return arm.mean >= threshold and arm.low(level) >= threshold - SLACK

    def _draw(self, arms: Sequence[Arm], count: int) -> None:
        answers = self.draws.positives([arm.rule for arm in arms], [count] * len(arms))
        for arm, told in zip(arms, answers, strict=True):
            arm.told(told)
