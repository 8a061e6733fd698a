"""How a client keeps meeting the same predictor, said with what every gateway has: header matches and response headers.

Gateways choose among weighted destinations by chance, and hash only to choose a pod of the destination so chosen. So the choice is either
left to chance once and remembered by the client, in a cookie, or made from an identifier that the client sends: its last two characters,
where they are hexadecimal digits, are one of 256 evenly used pairs, and each predictor gets as many of them as its weight says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

COOKIE = "sdep-predictor"
_DIGITS = "0123456789abcdef"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_WHOLE = 100


def set_cookie(predictor: str, path: str) -> str:
    """A cookie for as long as the client's session, sent back to this one SeldonDeployment alone."""
    return f"{COOKIE}={predictor}; Path={path}; HttpOnly; SameSite=Lax"


def cookie_pattern(predictor: str) -> str:
    """What a whole Cookie header that holds the predictor's cookie looks like."""
    return rf"(.*;\s*)?{COOKIE}={re.escape(predictor)}(\s*;.*)?"


def identifier_patterns(weights: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """For each predictor the pattern of the identifiers that are its own.

    Ranges follow each other in the order of the weights, so that moved weights move just as many clients as they must.
    """
    start = 0
    for predictor, weight in weights.items():
        end = start + weight
        own = [pair for pair in _PAIRS if start <= _position(pair) < end]
        if own:
            yield predictor, f".*({_alternatives(own)})"
        start = end


def _position(pair: str) -> float:
    """Where a pair lies from 0 to 100. Decimal pairs fill the range evenly, and the others do too: numbers and UUIDs split alike."""
    if pair.isdecimal():
        return float(pair)
    return _LETTERED[pair] * _WHOLE / len(_LETTERED)


def _alternatives(pairs: Sequence[str]) -> str:
    """The pairs as one expression, a class of second digits for each class of first ones, in either case of letters."""
    seconds = {first: "".join(pair[1] for pair in group) for first, group in groupby(pairs, key=lambda pair: pair[0])}
    firsts: dict[str, str] = {}
    for first, second in seconds.items():
        firsts[second] = firsts.get(second, "") + first
    return "|".join(_class(first) + _class(second) for second, first in firsts.items())


def _class(digits: str) -> str:
    return f"[{digits}{''.join(digit.upper() for digit in digits if digit.isalpha())}]"


_LETTERED = {pair: number for number, pair in enumerate(pair for pair in _PAIRS if not pair.isdecimal())}
