"""When the last look of a rollout is, and what stays of it."""

from __future__ import annotations

import pytest

from sdep.rollout.last_look import due, standing
from tests.unit.rollout.trials import finding, later, seen, trial, walk


@pytest.mark.parametrize(
    ("duration", "longest", "at"), [("1m", "5m", 300), ("1h", "5m", 3600)], ids=["maxDuration", "a longer step"]
)
def test_the_last_look_is_when_the_time_of_the_last_step_is_over(duration: str, longest: str, at: int) -> None:
    under = trial(analysis={"maxDuration": longest}, steps=[{"weight": 50, "duration": duration}])
    status = walk(under, (0, seen()))
    assert [due(under, status, later(second)) for second in (at - 1, at, at + 500)] == [False, True, True]


def test_it_is_taken_once() -> None:
    under = trial(analysis={"maxDuration": "5m"}, steps=[{"weight": 50}])
    status = walk(under, (0, seen()))
    taken = status.collected.model_copy(update={"last_look": later(300)})
    assert not due(under, status.model_copy(update={"collected": taken}), later(310))


def test_an_early_step_has_none() -> None:
    under = trial(analysis={"maxDuration": "5m"})
    assert not due(under, walk(under, (0, seen())), later(9999))


def test_what_passed_by_it_stays_so_unless_it_fails() -> None:
    """Two metrics may be of one measure."""
    before = [
        finding("Pass"),
        finding("Inconclusive"),
        finding("Pass", metric="latency"),
        finding("NoData", metric="q"),
    ]
    now = [finding("Inconclusive"), finding("Pass"), finding("Fail", metric="latency")]
    assert [found.verdict for found in standing(before, now)] == ["Pass", "Pass", "Fail"]


def test_the_history_says_that_the_last_look_promoted_it() -> None:
    under = trial(steps=[{"weight": 50}])
    status = walk(under, (0, seen()))
    looked = status.collected.model_copy(update={"last_look": later(1800)})
    done = walk(under, (1800, seen("Pass", collected=looked)), before=status)
    assert (done.phase, done.history[0].why) == ("Promoted", "every metric passed by the last look")
