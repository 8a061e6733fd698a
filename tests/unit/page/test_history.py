"""What is remembered of weights and findings."""

from __future__ import annotations

from itertools import count
from typing import Any

from sdep.operator.page.history import MOST_OF_ONE, History
from tests.unit.page.cluster import canary, finding, weight

NAME = ("models", "prices")


def ticking() -> History:
    seconds = count()
    return History(lambda: f"2026-01-01T00:{next(seconds) // 60:02}:00Z")


def status(asked: int, routed: int | None = None) -> dict[str, Any]:
    return {"predictors": [weight("main", asked, routed)]}


def test_a_status_that_says_the_same_again_makes_no_point() -> None:
    history = ticking()
    for told in (status(100), status(100), status(75), status(75, 100), status(100)):
        history.put(NAME, told)
    found = [(sample.weights[0].asked, sample.weights[0].routed) for sample in history.samples(NAME)]
    assert found == [(100, 100), (75, 75), (75, 100), (100, 100)]


def test_a_point_has_the_findings_of_its_step() -> None:
    history = ticking()
    told = canary(finding("latency", "Inconclusive", "words are not kept", estimate=11.0, low=-3.0, threshold=25.0))
    history.put(NAME, told["status"])
    (sample,) = history.samples(NAME)
    assert (sample.revision, sample.step) == ("abc", 1)
    (bounds,) = sample.findings
    assert (bounds.metric, bounds.estimate, bounds.low, bounds.high) == ("latency", 11.0, -3.0, None)


def test_without_a_status_there_is_nothing_to_remember() -> None:
    history = ticking()
    history.put(NAME, {})
    assert history.samples(NAME) == []


def test_one_object_keeps_its_newest_points_alone() -> None:
    history = ticking()
    for number in range(MOST_OF_ONE + 10):
        history.put(NAME, status(number))
    samples = history.samples(NAME)
    assert (len(samples), samples[0].weights[0].asked, samples[-1].weights[0].asked) == (
        MOST_OF_ONE,
        10,
        MOST_OF_ONE + 9,
    )


def test_where_all_together_have_too_many_the_longest_loses_its_oldest() -> None:
    history = History(lambda: "now", most=10)
    for number in range(3):
        history.put(("models", "calm"), status(number))
    for number in range(20):
        history.put(NAME, status(number))
    assert [sample.weights[0].asked for sample in history.samples(NAME)] == list(range(13, 20))
    assert len(history.samples(("models", "calm"))) == 3


def test_an_object_that_went_makes_room() -> None:
    history = History(lambda: "now", most=5)
    for number in range(5):
        history.put(NAME, status(number))
    history.drop(NAME)
    for number in range(5):
        history.put(("models", "next"), status(number))
    assert history.samples(NAME) == []
    assert len(history.samples(("models", "next"))) == 5
