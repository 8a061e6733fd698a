"""How far an empirical distribution function may be from the true one, at any number of trials."""

from __future__ import annotations

import math


def band(trials: float, alpha: float) -> float:
    """Howard & Ramdas, Sequential estimation of quantiles with applications to A/B testing and best-arm identification (2022)."""
    return 0.85 * math.sqrt((math.log(math.log(math.e * trials)) + 0.8 * math.log(1612 / alpha)) / trials)


def bands_once(trials: int, others: int, alpha: float) -> float:
    """How far two of them are off together at most, at one look that was fixed before.

    Either is off by more than e with a chance of at most 2 exp(-2 n e²) (Massart, The tight constant in the
    Dvoretzky-Kiefer-Wolfowitz inequality, 1990). So the sum of both exponents is no more than log 2, twice, and two exponentially
    distributed numbers, whose tail is known; both are furthest off where they share it by their numbers of trials (Cauchy and Schwarz).
    """
    low, high = 0.0, 100.0
    while high - low > 1e-6:  # noqa: PLR2004 - of an exponent
        middle = (low + high) / 2
        low, high = (middle, high) if (1 + middle) * math.exp(-middle) > alpha else (low, middle)
    return math.sqrt((high + 2 * math.log(2)) / 2 * (1 / trials + 1 / others))
