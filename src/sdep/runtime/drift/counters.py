"""What was watched, for Prometheus: a bounded number of series, since features are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client.core import Metric

    from sdep.evidence.watched import Watched


class DriftCounters:
    """A collector; `owner` has the predictor's labels."""

    def __init__(self, owner: Mapping[str, str], watched: Callable[[], Watched]) -> None:
        self._owner = owner
        self._watched = watched

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
