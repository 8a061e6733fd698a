"""An operator that ends at any moment of a rollout, and the next one, which has the status alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

import pytest

from sdep.api.status import RolloutStatus
from tests.unit.operator.test_rollouts import GATE, World, by_prometheus

LOOKS = range(0, 320, 10)
GATE_OPENS = 20
SAID = {60: "pause", 90: "resume", 290: "promote"}
STEPS: list[dict[str, Any]] = [{"mirror": 50, "duration": "30s"}, {"weight": 20, "duration": "30s"}, {"weight": 50}]


def waiting() -> World:
    """For a gate, and in its last step for a person."""
    world = World(steps=[*STEPS, {"weight": 60, "approval": "Manual"}], gates=[GATE])
    world.gates.code = 503
    return world


def to_the_last_look() -> World:
    return World({"maxDuration": "118s"}, steps=STEPS[1:])


async def walked(
    make: Callable[[], World], said: Mapping[int, str], restarts: Iterable[int] = ()
) -> list[RolloutStatus]:
    world, found = make(), []
    for second in LOOKS:
        if second in restarts:
            world.restart()
        if second >= GATE_OPENS:
            world.gates.code = 200
        found.append(await world.at(second, say=said.get(second, "")))
    return found


@pytest.mark.parametrize(
    ("make", "said", "reasons"),
    [
        (waiting, SAID, ["GateClosed", "Analysing", "Paused", "Analysing", "AwaitingApproval", "Promoted"]),
        (to_the_last_look, {}, ["Analysing", "Promoted"]),
        (by_prometheus, {}, ["Analysing", "AnalysisFailed"]),
    ],
)
async def test_a_restart_at_any_moment_changes_no_decision(
    make: Callable[[], World], said: Mapping[int, str], reasons: list[str]
) -> None:
    calm = await walked(make, said)
    assert [reason for reason, _ in groupby(status.reason for status in calm)] == reasons
    for second in LOOKS[1:]:
        assert await walked(make, said, {second}) == calm, f"restarted after {second} s"
    assert await walked(make, said, LOOKS[1:]) == calm
