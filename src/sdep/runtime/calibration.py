"""How often a classifier that says it is so sure is right, for Prometheus: by bins of what it says, as feedback brings the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from prometheus_client import Counter

from sdep.runtime.confidence import BINS, Stated, bins_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prometheus_client import CollectorRegistry


class Calibration:
    """`labels` are the names of a model's. A bin's accuracy is its correct rows by all, its confidence the sum by all.

    The expected calibration error is the mean distance of the two, weighed by rows (Naeini, Cooper & Hauskrecht 2015).
    """

    def __init__(self, labels: Sequence[str], registry: CollectorRegistry) -> None:
        bins = (*labels, "confidence")
        self._rows = Counter(
            "model_calibration_rows",
            "Rows of probabilities of which the truth is known, by the greatest of each",
            (*bins, "outcome"),
            registry=registry,
        )
        self._sum = Counter(
            "model_calibration_confidence_sum", "Sum of the greatest probability of each", bins, registry=registry
        )
        self._brier = Counter(
            "model_brier_score_sum", "Sum of the Brier scores of these rows", labels, registry=registry
        )

    def observe(self, labels: Sequence[str], found: Stated) -> None:
        for place, confidence, right in zip(
            bins_of(np.array(found.confidence)).tolist(), found.confidence, found.right, strict=True
        ):
            self._rows.labels(*labels, BINS[place], "correct" if right else "incorrect").inc()
            self._sum.labels(*labels, BINS[place]).inc(confidence)
        if found.brier:
            self._brier.labels(*labels).inc(sum(found.brier))
