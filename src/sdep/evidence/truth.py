"""What feedback has said of a model's answers: how right they were, and what they were worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sdep.evidence.histogram import Histogram, HistogramText

DISTANCE_DIGITS = 2
MOST_MODELS = 16
"""Feedback names the model itself, so that anybody could name any number of them: those that come later are one."""
OTHER_MODELS = "other"

Number = Annotated[int, Field(ge=0)]


class Truth(BaseModel):
    """Counts, which only ever grow while a pod lives.

    `correct` and `incorrect` are rows of which the truth is known; `distances` those of numbers from it, by absolute value.
    `rewarded` is how many feedbacks brought a reward from 0 to 1, and `reward` their sum; `strange` brought another.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    correct: Number = 0
    incorrect: Number = 0
    distances: HistogramText = Histogram(DISTANCE_DIGITS)
    rewarded: Number = 0
    reward: Annotated[float, Field(ge=0)] = 0.0
    strange: Number = 0

    @property
    def known(self) -> int:
        """Rows of which the truth is known."""
        return self.correct + self.incorrect

    def plus(self, other: Truth) -> Truth:
        return Truth(
            correct=self.correct + other.correct,
            incorrect=self.incorrect + other.incorrect,
            distances=self.distances.plus(other.distances),
            rewarded=self.rewarded + other.rewarded,
            reward=self.reward + other.reward,
            strange=self.strange + other.strange,
        )

    def since(self, earlier: Truth) -> Truth:
        """What came after `earlier`; a count that fell is taken as none."""
        return Truth(
            correct=max(0, self.correct - earlier.correct),
            incorrect=max(0, self.incorrect - earlier.incorrect),
            distances=self.distances.minus(earlier.distances),
            rewarded=max(0, self.rewarded - earlier.rewarded),
            reward=max(0.0, self.reward - earlier.reward),
            strange=max(0, self.strange - earlier.strange),
        )


NOTHING_KNOWN = Truth()


def added(one: Mapping[str, Truth], other: Mapping[str, Truth]) -> dict[str, Truth]:
    """By model; models beyond the bound are one."""
    found = dict(one)
    for model, truth in other.items():
        name = model if model in found or len(found) < MOST_MODELS else OTHER_MODELS
        found[name] = found.get(name, NOTHING_KNOWN).plus(truth)
    return found


def after(now: Mapping[str, Truth], earlier: Mapping[str, Truth]) -> dict[str, Truth]:
    """Models of which nothing new was said are left out."""
    found = {model: truth.since(earlier.get(model, NOTHING_KNOWN)) for model, truth in now.items()}
    return {model: truth for model, truth in found.items() if truth != NOTHING_KNOWN}
