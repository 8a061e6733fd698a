"""By when everybody who watches the API server has heard of what was written before and during an outage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdep.cluster.outage import Outage


def outage(*spans: tuple[float, float]) -> Outage:
    """The API server answers just before each span, gives no answer in its middle, and answers at its end."""
    found = Outage()
    for began, ended in spans:
        found.answered(began)
        found.failed((began + ended) / 2)
        found.answered(ended)
    return found


def test_who_never_missed_an_answer_waits_for_nothing() -> None:
    found = Outage()
    found.answered(1)
    assert found.heard_at == float("-inf")


@given(
    jitters=st.lists(st.floats(1, 2), min_size=20, max_size=20),
    lasted=st.floats(0.1, 300),
    looked=st.floats(0, 5),
)
def test_a_watch_with_client_gos_pauses_is_back_by_then(jitters: list[float], lasted: float, looked: float) -> None:
    """The outage begins at 0; our last answer was up to five seconds before, and the next as late after its end."""
    found = outage((-looked, lasted + looked))
    at = 0.0
    for turn, jitter in enumerate(jitters):
        if at > lasted:
            break
        at += min(0.8 * 2**turn, 30) * jitter
    assert at <= found.heard_at


def test_an_outage_soon_after_another_finds_the_pauses_grown() -> None:
    assert outage((0, 10), (50, 52)).heard_at == pytest.approx(52 + 2 * (12 + 0.8))
    assert outage((0, 10), (200, 202)).heard_at == pytest.approx(202 + 2 * (2 + 0.8))


def test_pauses_have_an_end() -> None:
    assert outage((0, 3600)).heard_at == pytest.approx(3660)


def test_what_is_presumed_counts_and_nothing_at_all_does_not() -> None:
    found = Outage()
    found.presume(0, 100)
    assert found.heard_at == float("-inf")
    found.presume(10, 100)
    assert found.heard_at == pytest.approx(100 + 2 * (10 + 0.8))
