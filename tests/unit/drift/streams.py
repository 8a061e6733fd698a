"""What pods tell, made of numbers: the runtime's own bins, without a process."""

from __future__ import annotations

from typing import Any

import numpy as np

from sdep.evidence.watched import Watched
from sdep.runtime.drift.profile import Profile, profile_of
from sdep.runtime.drift.tap import Tap
from sdep.runtime.message import Payload
from sdep.runtime.reference.reference import Reference

NAMES = ("oil", "gas", "colour")
COLOURS = np.array(["red", "green", "blue"], dtype=object)


def columns(seed: int, rows: int) -> list[Any]:
    """Two numbers and a colour, as the reference has them."""
    generator = np.random.default_rng(seed)
    return [
        generator.normal(size=rows),
        generator.normal(size=rows),
        generator.choice(COLOURS, rows, p=[0.6, 0.3, 0.1]),
    ]


def profile() -> Profile:
    return profile_of(Reference(NAMES, tuple(columns(0, 2000))), (), {"value": columns(1, 2000)[0]})


def told(found: list[Any], predicted: Any = None, of: Profile | None = None) -> Watched:  # noqa: ANN401 - an array
    """What a pod tells that saw these columns and answered `predicted`, by default what the reference does."""
    tap = Tap(of or profile())
    tap.close()
    answers = columns(len(found[0]) + 7, len(found[0]))[0] if predicted is None else predicted
    for start in range(0, len(found[0]), 50):
        rows = slice(start, start + 50)
        asked = Payload({name: column[rows] for name, column in zip(NAMES, found, strict=True)}, "columns", NAMES)
        tap.offer(asked, Payload(answers[rows].reshape(-1, 1), "tensor"))
    tap.count()
    return tap.watched()
