"""What a rollout asks of Prometheus, all at once at each look."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sdep.api.duration import seconds
from sdep.api.moment import seconds_between, timestamp
from sdep.api.query import Query
from sdep.api.status import Finding, Measured, RolloutStatus
from sdep.operator.evidence import Asked
from sdep.operator.prometheus import PrometheusDoor
from sdep.operator.store import ObjectName
from sdep.rollout.analysis.query import finding, measured, promql, unasked
from sdep.rollout.collect import Told
from sdep.rollout.scraped import counts_query, evidence_of, scrapes_query
from sdep.rollout.trial import Trial

_UNSCRAPED = (
    "Prometheus has scraped no pod of the {} predictor since the step began: look at its PodMonitor seldon-models"
)
_NOWHERE = "there is no Prometheus to ask: name it in the chart's prometheus.url (SDEP_PROMETHEUS_URL)"


class Queries:
    def __init__(self, door: PrometheusDoor) -> None:
        self._door = door

    async def judged(
        self, name: ObjectName, trial: Trial, before: RolloutStatus, now: str
    ) -> tuple[dict[str, Measured], list[Finding]]:
        """The counts of each query by its name, and what they say."""
        queries = trial.spec.analysis.queries
        found = await asyncio.gather(*(self._one(name, query, trial, before, now) for query in queries))
        counts = {query.name: counted for query, (counted, _) in zip(queries, found, strict=True)}
        return counts, [said for _, said in found]

    async def told(self, name: ObjectName, trial: Trial, asked: Sequence[Asked], since: str) -> tuple[list[Told], str]:
        """What engines exposed at scrapes since the step began, pod by pod; why there is nothing, where there is none of a predictor."""
        if not self._door.is_open:
            return [], _NOWHERE
        (scrapes, wrong), (counts, error) = await asyncio.gather(
            self._door.series(scrapes_query(*name, trial)), self._door.series(counts_query(*name, trial))
        )
        if wrong or error:
            return [], wrong or error
        fresh = {scrape.labels.get("pod") for scrape in scrapes if scrape.value >= timestamp(since)}
        told = [
            Told(one.uid, one.side, one.pod["metadata"]["creationTimestamp"], evidence_of(counts, pod))
            for one in asked
            if (pod := one.pod["metadata"]["name"]) in fresh
        ]
        silent = {one.side for one in asked} - {one.side for one in told}
        return told, "; ".join(_UNSCRAPED.format(side) for side in sorted(silent))

    async def _one(
        self, name: ObjectName, query: Query, trial: Trial, before: RolloutStatus, now: str
    ) -> tuple[Measured, Finding]:
        known = before.collected.queries.get(query.name, Measured())
        if not self._door.is_open:
            return known, unasked(query, _NOWHERE)
        if seconds_between(before.step_started_at, now) < seconds(query.initial_delay):
            return known, unasked(query, f"nothing is asked in the first {query.initial_delay} of a step")
        spent = seconds_between(before.collected.since, now)
        counts = measured(query, await self._door.ask(promql(query, trial, *name, spent)), known)
        return counts, finding(query, counts)
