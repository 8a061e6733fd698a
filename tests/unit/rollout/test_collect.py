"""Evidence of a step is what its pods did since it began."""

from __future__ import annotations

import pytest

from sdep.api.status import Collected
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.odds import weighed
from sdep.rollout.analysis.proportions import Share
from sdep.rollout.collect import Told, gathered
from tests.unit.rollout.trials import START, later


def told(uid: str, requests: int, *, side: str = "canary", started: float = -60) -> Told:
    return Told(uid, side, later(started), Evidence(requests=requests))  # type: ignore[arg-type]


def test_what_an_older_pod_did_before_the_step_does_not_count() -> None:
    first = gathered(Collected(since=START), [told("a", 1000)], {"a"}, later(1))
    assert first.canary.requests == 0
    assert gathered(first, [told("a", 1010)], {"a"}, later(2)).canary.requests == 10


def test_all_that_a_pod_did_counts_which_began_during_the_step() -> None:
    assert gathered(Collected(since=START), [told("a", 7, started=5)], {"a"}, later(9)).canary.requests == 7


def test_a_pod_that_goes_leaves_what_it_did_and_one_that_is_silent_is_asked_again() -> None:
    first = gathered(Collected(since=START), [told("a", 7, started=5), told("b", 0)], {"a", "b"}, later(9))
    second = gathered(first, [], {"b"}, later(10))
    assert (second.canary.requests, list(second.pods)) == (7, ["b"])
    assert gathered(second, [told("b", 4)], {"b"}, later(11)).canary.requests == 11


def test_the_two_sides_are_kept_apart() -> None:
    both = gathered(
        Collected(since=START), [told("a", 1, started=1), told("b", 2, started=1, side="stable")], {"a", "b"}, later(2)
    )
    assert (both.canary.requests, both.stable.requests) == (1, 2)


def test_another_source_begins_anew_and_what_the_first_told_stays() -> None:
    """What both would tell of the same requests is counted once."""
    first = gathered(Collected(since=START), [told("a", 7, started=5)], {"a"}, later(9))
    scraped = [Told("a", "canary", later(5), Evidence(requests=requests, bucketed=True)) for requests in (7, 12)]
    second = gathered(first, scraped[:1], {"a"}, later(10))
    third = gathered(second, scraped[1:], {"a"}, later(11))
    assert (second.canary.requests, third.canary.requests, third.canary.bucketed) == (7, 12, True)


def test_failures_of_each_look_are_weighed_beside_the_requests_of_that_look() -> None:
    """And what the looks before said is added to, whatever the step."""

    def look(before: Collected, requests: int, errors: int) -> Collected:
        evidence = Evidence(requests=requests, errors=errors, refusals=requests - errors)
        arms = [Told("a", "canary", later(1), evidence), Told("b", "stable", later(1), Evidence(requests=requests))]
        return gathered(before, arms, {"a", "b"}, later(9))

    first = look(Collected(since=START), 100, 4)
    assert first.odds["errors"] == pytest.approx(weighed([], Share(0, 100), Share(4, 100)))
    second = look(first, 150, 10)
    assert second.odds["errors"] == pytest.approx(weighed(first.odds["errors"], Share(0, 50), Share(6, 50)))
    assert second.odds["refusals"][0] > 0
