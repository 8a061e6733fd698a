"""What feedback said of models, counted by the model that had answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.evidence.truth import DISTANCE_DIGITS, MOST_MODELS, OTHER_MODELS, Truth
from sdep.runtime.evidence.numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.runtime.seldon.truth import Outcome

_LONGEST_NAME = 512
"""Of a registered model or an image, with its version."""


class _Counts:
    def __init__(self) -> None:
        self.correct = self.incorrect = self.rewarded = self.strange = 0
        self.reward = 0.0
        self.distances = Numbers(DISTANCE_DIGITS)

    def truth(self) -> Truth:
        return Truth(
            correct=self.correct,
            incorrect=self.incorrect,
            distances=self.distances.histogram(),
            rewarded=self.rewarded,
            reward=self.reward,
            strange=self.strange,
        )


class Truths:
    """The first models that are named have counts each, all that come later have theirs together."""

    def __init__(self) -> None:
        self._models: dict[str, _Counts] = {}

    def known(self, model: str, outcome: Outcome) -> None:
        counts = self._of(model)
        counts.correct += outcome.correct
        counts.incorrect += outcome.incorrect
        counts.distances.add_all(outcome.absolute)

    def rewarded(self, model: str, reward: float) -> None:
        counts = self._of(model)
        if 0 <= reward <= 1:
            counts.rewarded += 1
            counts.reward += reward
        else:
            counts.strange += 1

    def truth(self) -> dict[str, Truth]:
        return {model: counts.truth() for model, counts in self._models.items()}

    def _of(self, model: str) -> _Counts:
        name = model.encode(errors="replace").decode()
        if name not in self._models and len(self._models) >= MOST_MODELS - 1:
            name = OTHER_MODELS
        return self._models.setdefault(name, _Counts())


def answered_by(own: str, unit: str, path: Mapping[str, str]) -> str:
    """The model that a feedback is about. Without `meta.requestPath` in it, nobody knows better than that it is that of this unit."""
    if not path:
        return own
    said = path.get(unit, next(iter(path.values())) if len(path) == 1 else OTHER_MODELS)
    return said if len(said) <= _LONGEST_NAME else OTHER_MODELS
