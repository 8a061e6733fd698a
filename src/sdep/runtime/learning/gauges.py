"""What learning routers know, for Prometheus: as many series as they have branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sdep.runtime.learning.router import LearningRouter

_TRIALS = "router_branch_trials"
_MEAN = "router_branch_mean_reward"


class RouterGauges(Collector):
    """Read when asked for; `owner` has the predictor's labels."""

    def __init__(self, owner: Mapping[str, str], routers: Sequence[LearningRouter]) -> None:
        self._owner = owner
        self._routers = routers

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        names = [*self._owner, "model_name", "branch"]
        trials = GaugeMetricFamily(_TRIALS, "Rows that feedback spoke of, by branch", labels=names)
        mean = GaugeMetricFamily(_MEAN, "Share of those rows that were good", labels=names)
        for router in self._routers:
            for branch, record in zip(router.labels, router.records, strict=True):
                labels = [*self._owner.values(), router.unit.name, branch]
                trials.add_metric(labels, record.trials)
                mean.add_metric(labels, record.mean)
        return trials, mean
