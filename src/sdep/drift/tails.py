"""How likely a statistic is to be as great by chance: the two distributions that the tests need."""

from __future__ import annotations

import math

_ENOUGH = 1e-14
_MOST_TERMS = 100_000
_TINY = 1e-300


def chi_square(statistic: float, freedom: int) -> float:
    """The chance that a chi-square variable is at least `statistic`: the regularised upper incomplete gamma function.

    By its series, or where that is slow by its continued fraction (Abramowitz & Stegun 6.5.29 and 6.5.31, the latter as Lentz computes it).
    """
    shape, x = freedom / 2, statistic / 2
    if x <= 0 or shape <= 0:
        return 1.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    found = 1 - front * _series(shape, x) if x < shape + 1 else front * _fraction(shape, x)
    return min(1.0, max(0.0, found))


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for number in range(1, _MOST_TERMS):
        term *= x / (shape + number)
        total += term
        if term < total * _ENOUGH:
            break
    return total


def _fraction(shape: float, x: float) -> float:
    b = x + 1 - shape
    c, d = 1 / _TINY, 1 / b
    total = d
    for number in range(1, _MOST_TERMS):
        a = number * (shape - number)
        b += 2
        d = 1 / _away(a * d + b)
        c = _away(b + a / c)
        total *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return total


def _away(value: float) -> float:
    """From zero."""
    return value if abs(value) > _TINY else _TINY


def kolmogorov(distance: float, one: float, other: float) -> float:
    """The chance that two samples of one distribution, of so many values, are at least so far apart anywhere.

    Kolmogorov's limit with Stephens' correction for small samples (1970). Of distances that are looked at between bins only, as here, the
    chance is no greater: the test is on the safe side.
    """
    root = math.sqrt(one * other / (one + other))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:  # noqa: PLR2004 - the series converges slowly there, to 1 within 1e-12
        return 1.0
    terms = (2 * (-1) ** (number - 1) * math.exp(-2 * (number * scaled) ** 2) for number in range(1, 101))
    return min(1.0, max(0.0, math.fsum(terms)))
