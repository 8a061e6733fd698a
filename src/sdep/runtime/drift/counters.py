"""What was watched, for Prometheus: a bounded number of series, since features are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from sdep.runtime.drift.tap import Tap

_MODEL = ("model_name", "model_image", "model_version")


class DriftCounters:
    """A collector; `owner` has the predictor's labels, `model` the values of those of the model that answers."""

    def __init__(self, owner: Mapping[str, str], model: tuple[str, str, str], tap: Tap) -> None:
        self._owner = owner
        self._model = model
        self._watched = tap.watched
        self._sure = tap.confidence

    def collect(self) -> Iterator[Metric]:
        found, labels = self._watched(), tuple(self._owner.values())
        rows = CounterMetricFamily(
            "sdep_runtime_drift_rows_total",
            "Rows of requests that were held against the reference data",
            labels=(*self._owner, "outcome"),
        )
        for outcome, count in (("counted", found.rows), ("unread", found.unread), ("dropped", found.dropped)):
            rows.add_metric((*labels, outcome), count)
        yield rows
        odd = CounterMetricFamily(
            "sdep_runtime_drift_odd_values_total",
            "Values of a feature that are missing, outside of the reference data's range, or new to it",
            labels=(*self._owner, "feature", "kind"),
        )
        for series in found.series:
            if series.kind == "feature":
                for kind in ("missing", "outside", "new"):
                    odd.add_metric((*labels, series.name, kind), getattr(series.seen, kind))
        yield odd
        yield from self._confidence()

    def _confidence(self) -> Iterator[Metric]:
        """Of classifiers that answer probabilities alone."""
        bins, total = self._sure()
        if not any(bins.values()):
            return
        labels = (*self._owner, *_MODEL)
        values = (*self._owner.values(), *self._model)
        rows = CounterMetricFamily(
            "model_confidence_rows_total",
            "Rows of probabilities that were answered, by the greatest of each",
            labels=(*labels, "confidence"),
        )
        for edge, count in bins.items():
            rows.add_metric((*values, edge), count)
        yield rows
        whole = CounterMetricFamily(
            "model_confidence_sum_total", "Sum of the greatest probability of each of these rows", labels=labels
        )
        whole.add_metric(values, total)
        yield whole
