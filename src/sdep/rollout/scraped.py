"""Evidence that Prometheus has of predictors: queries over what their engines expose, and what each pod told by their answers.

Counters are read as they stand and not by `increase()`, which guesses what lies between two scrapes: what a pod did since the step
began is the difference of two of its own numbers, as with engines that are asked themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sdep.evidence.evidence import LATENCY_DIGITS, Evidence
from sdep.evidence.exposed import PREDICTION_COUNT, PREDICTION_SERVICES, SERVER
from sdep.evidence.histogram import Histogram
from sdep.rollout.trial import Trial

_REFUSED, _BUSY, _FAILED = 400, 429, 500


@dataclass(frozen=True)
class Sample:
    """One series of an answer, with its number."""

    labels: Mapping[str, str]
    value: float


def counts_query(namespace: str, name: str, trial: Trial) -> str:
    """How many requests each pod has answered, by status and bucket, since it began."""
    services = "|".join(sorted(PREDICTION_SERVICES)).replace(".", "[.]")
    return f'sum by (pod, status, le) ({SERVER}_bucket{{{_of(namespace, name, trial)},service=~"{services}"}})'


def scrapes_query(namespace: str, name: str, trial: Trial) -> str:
    """When each pod was last scraped, in seconds since 1970, whether it has answered a request or not."""
    return f"min by (pod) (timestamp({PREDICTION_COUNT}{{{_of(namespace, name, trial)}}}))"


def evidence_of(counts: Iterable[Sample], pod: str) -> Evidence:
    """What a pod has done since it began. Of predictions these metrics know nothing."""
    upto: dict[int, dict[float, int]] = {}
    for sample in counts:
        if sample.labels.get("pod") == pod:
            edges = upto.setdefault(int(sample.labels["status"]), {})
            edges[float(sample.labels["le"])] = round(sample.value)
    totals = {status: max(edges.values()) for status, edges in upto.items()}
    latency: Counter[float] = Counter()
    for status, edges in upto.items():
        if status < _REFUSED:
            latency.update(dict(_apart(edges)))
    failed = {status for status in totals if status >= _FAILED or status == _BUSY}
    return Evidence(
        requests=sum(totals.values()),
        errors=sum(totals[status] for status in failed),
        refusals=sum(count for status, count in totals.items() if status >= _REFUSED and status not in failed),
        latency=Histogram(LATENCY_DIGITS, latency),
        bucketed=True,
    )


def _of(namespace: str, name: str, trial: Trial) -> str:
    return f'namespace="{namespace}",deployment_name="{name}",predictor_name=~"{trial.canary}|{trial.reference}"'


def _apart(edges: Mapping[float, int]) -> Iterator[tuple[float, int]]:
    """Each bucket without those below, by its upper edge."""
    below = 0
    for edge, count in sorted(edges.items()):
        if count > below:
            yield edge, count - below
            below = count
