"""Finds the two answers to one request among what pods tell at different times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sdep.evidence.answers import EVERY, Answer, Answers

Side = Literal["live", "shadow"]
LOOKS = 2
"""An answer waits for the other one as long: they are given within seconds, and told by the next look."""
MOST_WAITING = 5000
"""Of each side; the oldest are given up first."""


@dataclass(frozen=True)
class Telling:
    """What one pod tells. `started` is RFC 3339."""

    uid: str
    side: Side
    started: str
    answers: Answers


@dataclass(frozen=True)
class Kept:
    """An answer that waits, and how many looks it has left."""

    answer: Answer
    looks: int


Waits = Mapping[str, Kept]
"""By the key of the request."""


@dataclass(frozen=True)
class Waiting:
    """Answers whose pair was not told yet. In memory alone: a restart loses the pairs that it fell between."""

    live: Waits = field(default_factory=dict)
    shadow: Waits = field(default_factory=dict)


@dataclass(frozen=True)
class Paired:
    """`pairs` are live and shadow. `live_only` and `shadow_only` have waited in vain for one that should have been told."""

    pairs: tuple[tuple[Answer, Answer], ...]
    live_only: int
    shadow_only: int
    waiting: Waiting
    pods: Mapping[str, float]


def paired(told: Iterable[Telling], waiting: Waiting, pods: Mapping[str, float], since: str) -> Paired:
    """`pods` is up to when each was listened to before. What a pod did before `since` is not taken.

    What is above the lowest threshold of all who tell now, some did not keep: it is not missed.
    """
    tellings = list(told)
    below = min((telling.answers.below for telling in tellings), default=EVERY)
    new: dict[Side, dict[str, Answer]] = {"live": {}, "shadow": {}}
    for telling in tellings:
        new[telling.side].update({one.key: one for one in _fresh(telling, pods, since) if one.hash < below})
    live, shadow = {**waiting.live, **_kept(new["live"])}, {**waiting.shadow, **_kept(new["shadow"])}
    both = live.keys() & shadow.keys()
    live_left, live_lost = _aged(live, both, below)
    shadow_left, shadow_lost = _aged(shadow, both, below)
    return Paired(
        pairs=tuple((live[key].answer, shadow[key].answer) for key in live if key in both),
        live_only=live_lost,
        shadow_only=shadow_lost,
        waiting=Waiting(live_left, shadow_left),
        pods=_heard(tellings, pods),
    )


def _fresh(telling: Telling, pods: Mapping[str, float], since: str) -> Iterable[Answer]:
    """A pod is asked for what came after its last telling; of one that is asked first, all that it has told since it began counts."""
    if telling.uid not in pods:
        return telling.answers.answers if telling.started >= since else ()
    return telling.answers.between(pods[telling.uid], telling.answers.until).answers


def _heard(tellings: Iterable[Telling], pods: Mapping[str, float]) -> dict[str, float]:
    """Where nothing was told it stays: a status that says the same is not written again."""
    told = {
        telling.uid: telling.answers.until
        for telling in tellings
        if telling.uid not in pods or _fresh(telling, pods, "")
    }
    return {**pods, **told}


def _kept(answers: Mapping[str, Answer]) -> dict[str, Kept]:
    return {key: Kept(answer, LOOKS) for key, answer in answers.items()}


def _aged(waits: Waits, both: Iterable[str], below: int) -> tuple[Waits, int]:
    """What still waits after this look, and how many have waited in vain."""
    alone = {key: kept for key, kept in waits.items() if key not in both}
    over = [key for key, kept in alone.items() if kept.looks <= 1 or kept.answer.hash >= below]
    lost = sum(alone[key].answer.hash < below for key in over)
    left = {key: Kept(kept.answer, kept.looks - 1) for key, kept in alone.items() if key not in set(over)}
    return dict(list(left.items())[-MOST_WAITING:]), lost
