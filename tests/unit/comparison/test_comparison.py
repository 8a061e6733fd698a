"""What is made of the answers of a shadow and of those that clients got: pairs, counts, and what they say."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence

import pytest

from sdep.api.comparison import Comparison, PairedTest
from sdep.comparison.agreement import Allowed
from sdep.comparison.compare import Shadow, begun, compared
from sdep.comparison.counts import MOST_FLIPS, MOST_VALUES
from sdep.comparison.intervals import ALPHA, share, sign_test
from sdep.comparison.pairing import Side, Telling, Waiting
from sdep.evidence.answers import Answer, Answers, Row, key_of

BEGAN, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
SHADOW = Shadow("shadow", "r1")


def answer(name: str, *said: str | float, at: float = 1.0, seconds: float = 0.01, code: int = 200) -> Answer:
    rows = tuple(Row(one, None) if isinstance(one, str) else Row(None, one) for one in said)
    return Answer(key_of(name.encode()), at, seconds, code, rows)


def telling(side: Side, answers: Iterable[Answer], until: float = 10.0, **more: object) -> Telling:
    told = Answers(until=until, answers=tuple(answers), **more)
    return Telling(f"pod-of-{side}", side, LATER, told)


def look(
    live: Sequence[Answer],
    shadow: Sequence[Answer],
    before: Comparison | None = None,
    waiting: Waiting | None = None,
    of: Shadow = SHADOW,
    until: float = 10.0,
) -> tuple[Comparison, Waiting]:
    told = [telling("live", live, until), telling("shadow", shadow, until)]
    present = {"pod-of-live", "pod-of-shadow"}
    return compared(of, before or begun(of, BEGAN), waiting or Waiting(), told, present, LATER)


def found(live: Sequence[Answer], shadow: Sequence[Answer], of: Shadow = SHADOW) -> Comparison:
    return look(live, shadow, of=of)[0]


def test_answers_to_one_request_are_compared_label_by_label() -> None:
    """Agreement, flips and the pairs behind them, in the order of how often they are."""
    live = [answer(f"{n}", "yes" if n % 2 else "no") for n in range(10)]
    shadow = [answer(f"{n}", "yes" if n < 3 or n % 2 else "no") for n in range(10)]
    said = found(live, shadow)
    assert (said.pairs, said.compared, said.alike, said.agreed) == (10, 10, 8, 8)
    assert [(flip.live, flip.shadow, flip.rows) for flip in said.flips] == [("no", "yes", 2)]
    assert said.agreement is not None
    assert said.agreement.low < said.agreement.estimate == 0.8 < said.agreement.high
    assert said.message.startswith("80.0 % agree (")
    assert "most often no became yes (2 rows)" in said.message
    assert said.at == LATER


def test_the_rows_of_one_request_count_as_one_pair() -> None:
    """Rows of one request are no independent evidence: the share of them that agrees is what the pair says."""
    said = found([answer("a", "x", "x", "y", "y")], [answer("a", "x", "x", "y", "z")])
    assert (said.compared, said.alike, said.agreed) == (1, 0, 0.75)
    missing = found([answer("a", "x", "x")], [answer("a", "x")])
    assert missing.agreed == 0.5


@pytest.mark.parametrize(
    ("parameters", "agree"),
    [({}, False), ({"tolerance": "0.5"}, True), ({"relative_tolerance": "0.01"}, True), ({"tolerance": "0.1"}, False)],
)
def test_numbers_agree_as_near_as_the_unit_says(parameters: dict[str, str], agree: bool) -> None:  # noqa: FBT001
    """The parameters that decide what is right beside the truth decide here too."""
    of = Shadow("shadow", "r1", Allowed.by(parameters))
    said = found([answer("a", 100.0)], [answer("a", 100.25)], of)
    assert said.alike == int(agree)
    assert said.delta is not None
    assert said.delta.p50 == 0.25
    assert found([answer("a", 1 / 3)], [answer("a", 1 / 3 + 1e-9)]).alike == 1


def test_differences_of_numbers_and_of_time_are_those_of_the_shadow_minus_the_other() -> None:
    """Quantiles, and a test that is sure after some dozens of pairs."""
    live = [answer(f"{n}", float(n), seconds=0.010) for n in range(100)]
    shadow = [answer(f"{n}", n + 2.0, seconds=0.013 if n < 90 else 0.05) for n in range(100)]
    said = found(live, shadow)
    assert said.delta is not None
    assert said.slower is not None
    assert (said.delta.p05, said.delta.p99) == (2.0, 2.0)
    assert (said.slower.p50, said.slower.p99) == (0.003, 0.04)
    tests = {test.measure: test for test in said.tests}
    assert (tests["latency"].more, tests["latency"].less) == (100, 0)
    assert tests["numbers"].p_value < 1e-20
    assert "it is slower (3 ms in the median)" in said.message
    assert "its numbers are greater (median +2)" in said.message


def test_what_fails_on_one_side_alone_is_told_apart() -> None:
    """A failure is compared with nothing but the other side's success; both failing says nothing of the shadow."""
    live = [answer(f"{n}", 1.0) if n < 28 else answer(f"{n}", code=500) for n in range(30)]
    shadow = [answer(f"{n}", code=400) if n < 12 or n == 29 else answer(f"{n}", 1.0) for n in range(30)]
    said = found(live, shadow)
    assert (said.pairs, said.compared) == (30, 16)
    assert (said.shadow_failed, said.live_failed, said.both_failed) == (12, 1, 1)
    assert said.tests[0] == PairedTest(measure="errors", more=12, less=1, p_value=sign_test(12, 1))
    assert "it fails more often (12 times against 1)" in said.message


def test_a_pair_that_is_told_at_two_looks_is_found_and_one_that_never_is_is_counted() -> None:
    """An answer waits for one more look; then it is missed, where all requests are copied."""
    said, waiting = look([answer("late", 1.0), answer("lost", 1.0)], [answer("alone", 1.0)])
    assert (said.pairs, said.live_only, said.shadow_only) == (0, 0, 0)
    said, waiting = look([], [answer("late", 1.0, at=11)], said, waiting, until=20)
    assert (said.pairs, said.live_only, said.shadow_only) == (1, 1, 1)
    assert waiting == Waiting()
    part = Shadow("shadow", "r1", all_mirrored=False)
    said, waiting = look([answer("not copied", 1.0)], [], of=part)
    said, _ = look([], [], said, waiting, part, until=20)
    assert said.live_only == 0


def test_nothing_is_counted_twice_and_nothing_new_leaves_the_status_as_it_is() -> None:
    """A pod tells the same until its window is over; where no request came, there is nothing to write."""
    live, shadow = [answer("a", 1.0)], [answer("a", 1.0)]
    said, waiting = look(live, shadow)
    again, waiting = look(live, shadow, said, waiting, until=20)
    assert again is said
    said, _ = look([*live, answer("b", 1.0, at=15)], [*shadow, answer("b", 1.0, at=16)], said, waiting, until=30)
    assert said.pairs == 2


def test_a_node_that_was_restarted_is_heard_again() -> None:
    """Its clock began anew, and is behind what was heard before."""
    said, waiting = look([answer("a", 1.0, at=900)], [answer("a", 1.0, at=900)], until=1000)
    said, _ = look([answer("b", 1.0, at=3)], [answer("b", 1.0, at=3)], said, waiting, until=5)
    assert said.pairs == 2


def test_what_pods_did_before_is_not_taken() -> None:
    """The answers of a model that was there before say nothing of this one; those of a pod that joins later all count."""
    old = [
        Telling("old", "live", "2025-12-31T23:00:00Z", Answers(until=10, answers=(answer("a", 1.0),))),
        telling("shadow", [answer("a", 1.0)]),
    ]
    said, waiting = compared(SHADOW, begun(SHADOW, BEGAN), Waiting(), old, {"old", "pod-of-shadow"}, LATER)
    assert said.pairs == 0
    assert said.pods == {"old": 10, "pod-of-shadow": 10}
    newer = Telling("old", "live", "2025-12-31T23:00:00Z", Answers(until=20, answers=(answer("b", 1.0, at=12),)))
    told = [newer, telling("shadow", [answer("b", 1.0, at=12)], until=20)]
    assert compared(SHADOW, said, waiting, told, {"old", "pod-of-shadow"}, LATER)[0].pairs == 1


def test_what_one_of_them_could_not_keep_is_not_missed() -> None:
    """Above the lowest threshold nobody can say whether the other one was asked."""
    answers = [answer(f"{n}", 1.0) for n in range(40)]
    below = sorted(one.hash for one in answers)[20]
    told = [telling("live", answers), telling("shadow", [one for one in answers if one.hash < below], below=below)]
    said, waiting = compared(SHADOW, begun(SHADOW, BEGAN), Waiting(), told, {"pod-of-live", "pod-of-shadow"}, LATER)
    assert said.pairs == 20
    assert waiting == Waiting()


def test_the_status_stays_small_whatever_is_answered() -> None:
    """Labels without end, numbers without end: the most frequent flips by name, the rest as one number."""
    names = random.Random(1)  # noqa: S311 - a test's
    said, waiting = begun(SHADOW, BEGAN), Waiting()
    for number in range(20):
        start = number * 1000
        live = [answer(f"{start + n}", f"label {start + n}", at=start + 1) for n in range(50)]
        shadow = [answer(f"{start + n}", "other", names.gauss(0, 1), at=start + 1) for n in range(50)]
        live = [one._replace(rows=(Row(one.rows[0].label, names.gauss(0, 1)),)) for one in live]
        shadow = [one._replace(rows=(Row("other", one.rows[1].number),)) for one in shadow]
        said, waiting = look(live, shadow, said, waiting, until=start + 10)
    assert len(said.flips) == MOST_FLIPS
    assert sum(flip.rows for flip in said.flips) + said.other_flips == 1000
    assert len(said.deltas.counts) <= MOST_VALUES
    assert len(said.model_dump_json()) < 8000


def test_the_status_can_be_read_again() -> None:
    """A restart of the operator goes on from the status alone."""
    said = found([answer("a", 1.0), answer("b", "x")], [answer("a", 2.0), answer("b", "y")])
    stored = said.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert Comparison.model_validate(stored, by_alias=True, by_name=False) == said


def test_an_interval_is_wrong_at_any_of_many_looks_no_more_often_than_said() -> None:
    """Looked at after each of 300 pairs, with shares between 0 and 1: the true mean is in it at all looks in at least 95 of 100."""
    chance = random.Random(7)  # noqa: S311 - a test's
    wrong = 0
    for _ in range(200):
        hits = 0.0
        for trials in range(1, 301):
            hits += chance.choice((1.0, 1.0, 1.0, 0.5))
            between = share(hits, trials)
            assert between is not None
            if not between.low <= 0.875 <= between.high:
                wrong += 1
                break
    assert wrong / 200 <= ALPHA


def test_an_interval_closes_in() -> None:
    """Ten thousand pairs of which one in a hundred differs: known to half a point; of none that differs, to a thousandth."""
    between = share(9900, 10000)
    assert between is not None
    assert (between.low, between.high) == (pytest.approx(0.987, abs=0.002), pytest.approx(0.993, abs=0.002))
    alike = share(10000, 10000)
    assert alike is not None
    assert alike.high == 1
    assert 0.998 < alike.low < 1
    assert share(0, 0) is None


def test_the_sign_test_is_sure_when_it_may_be_and_not_sooner() -> None:
    """The p-value is one through the mixture's Bayes factor: exactly 1 of no pairs, and of a balanced lot."""
    assert sign_test(0, 0) == 1
    assert sign_test(50, 50) == 1
    assert sign_test(6, 0) > ALPHA
    assert sign_test(12, 0) < ALPHA
    exact = math.pi * 0.5**4 / (math.gamma(4.5) * math.gamma(0.5) / math.gamma(5))
    assert sign_test(4, 0) == pytest.approx(exact, rel=0.01)
