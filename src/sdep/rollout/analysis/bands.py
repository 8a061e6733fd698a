"""How far an empirical distribution function may be from the true one, at any number of trials."""

from __future__ import annotations

import math


def band(trials: float, alpha: float) -> float:
    """Howard & Ramdas, Sequential estimation of quantiles with applications to A/B testing and best-arm identification (2022)."""
    return 0.85 * math.sqrt((math.log(math.log(math.e * trials)) + 0.8 * math.log(1612 / alpha)) / trials)
