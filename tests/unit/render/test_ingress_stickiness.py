"""Patterns by which a gateway keeps a client with one predictor."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdep.render.ingress.stickiness import cookie_pattern, identifier_patterns

weights = st.lists(st.integers(0, 100), min_size=1, max_size=4).filter(lambda found: sum(found) == 100) | st.integers(
    0, 100
).map(lambda first: [first, 100 - first])


class Owners:
    """Which predictors' patterns an identifier matches."""

    def __init__(self, split: dict[str, int]) -> None:
        self._patterns = [(name, re.compile(pattern)) for name, pattern in identifier_patterns(split)]

    def of(self, identifier: str) -> list[str]:
        return [name for name, pattern in self._patterns if pattern.fullmatch(identifier)]


@settings(deadline=None, max_examples=50)
@given(weights)
def test_every_identifier_that_ends_in_hexadecimal_digits_has_just_one_predictor(shares: list[int]) -> None:
    owners = Owners({f"p{number}": share for number, share in enumerate(shares)})
    for pair in map("".join, product("0123456789abcdefABCDEF", repeat=2)):
        assert len(owners.of(f"user-{pair}")) == 1


@settings(deadline=None, max_examples=50)
@given(weights)
def test_numbers_split_exactly_and_uuids_within_a_percent(shares: list[int]) -> None:
    split = {f"p{number}": share for number, share in enumerate(shares)}
    owners = Owners(split)
    numbers = Counter(owner for number in range(100) for owner in owners.of(f"{number:02}"))
    assert {name: numbers[name] for name in split} == split
    uuids = Counter(owner for number in range(256) for owner in owners.of(str(UUID(int=number))))
    assert all(abs(uuids[name] / 2.56 - share) <= 1 for name, share in split.items())


def test_moved_weights_move_only_the_clients_that_must_move() -> None:
    before, after = Owners({"main": 90, "canary": 10}), Owners({"main": 70, "canary": 30})
    moved = [pair for pair in range(100) if before.of(f"{pair:02}") != after.of(f"{pair:02}")]
    assert moved == list(range(70, 90))


def test_an_identifier_that_ends_otherwise_is_left_to_chance() -> None:
    assert Owners({"main": 50, "canary": 50}).of("somebody") == []


@pytest.mark.parametrize(
    ("cookies", "matches"),
    [
        ("sdep-predictor=main", True),
        ("theme=dark; sdep-predictor=main; lang=en", True),
        ("sdep-predictor=main2", False),
        ("other-sdep-predictor=main", False),
        ("sdep-predictor=canary", False),
    ],
)
def test_a_cookie_is_found_among_others_and_told_from_those_like_it(cookies: str, matches: bool) -> None:  # noqa: FBT001 - a row of the table
    assert bool(re.fullmatch(cookie_pattern("main"), cookies)) is matches
