"""What is known of how a predictor, or one pod of it, has answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sdep.evidence.histogram import Histogram, HistogramText
from sdep.evidence.truth import Truth, added, after

PATH = "/evidence"
"""Where an engine tells it, as JSON, of all predictions since its process began."""
LATENCY_DIGITS = 2
MOST_CLASSES = 50
OTHER_CLASSES = "other"
"""What classes are counted as that come after the first fifty."""

Number = Annotated[int, Field(ge=0)]


class Evidence(BaseModel):
    """Counts, which only ever grow while a pod lives: they can be added over pods and subtracted over time.

    `errors` are answers that are the server's fault: 5xx, and 429; `refusals` those said to be the client's: any other 4xx.
    `latency` is in seconds, of answers that are neither. `predictions` are the numbers that were answered; of rows of
    several numbers it is the greatest of each, and its place is the class. `classes` are labels with their counts. `truth` is what
    feedback said to this pod, by the model that had answered, as `meta.requestPath` names it: a gateway sends feedback to any predictor.
    `bucketed`: Prometheus told it, so that each of `latency` is the upper edge of a bucket, and of what was predicted nothing is known.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    requests: Number = 0
    errors: Number = 0
    refusals: Number = 0
    latency: HistogramText = Histogram(LATENCY_DIGITS)
    predictions: HistogramText = Histogram()
    classes: Mapping[str, Number] = Field(default_factory=dict)
    truth: Mapping[str, Truth] = Field(default_factory=dict)
    bucketed: bool = False

    def plus(self, other: Evidence) -> Evidence:
        return Evidence(
            requests=self.requests + other.requests,
            errors=self.errors + other.errors,
            refusals=self.refusals + other.refusals,
            latency=self.latency.plus(other.latency),
            predictions=self.predictions.plus(other.predictions),
            classes=bounded(Counter(self.classes) + Counter(other.classes)),
            truth=added(self.truth, other.truth),
            bucketed=self.bucketed or other.bucketed,
        )

    def since(self, earlier: Evidence) -> Evidence:
        """What came after `earlier`, said by the same pod. A pod whose counts fell was started anew: all of it came after."""
        if self.requests < earlier.requests:
            return self
        return Evidence(
            requests=self.requests - earlier.requests,
            errors=max(0, self.errors - earlier.errors),
            refusals=max(0, self.refusals - earlier.refusals),
            latency=self.latency.minus(earlier.latency),
            predictions=self.predictions.minus(earlier.predictions),
            classes=Counter(self.classes) - Counter(earlier.classes),
            truth=after(self.truth, earlier.truth),
            bucketed=self.bucketed,
        )


def bounded(classes: Mapping[str, int]) -> dict[str, int]:
    """The fifty most frequent, and the rest as one."""
    if len(classes) <= MOST_CLASSES:
        return dict(classes)
    named = Counter({name: count for name, count in classes.items() if name != OTHER_CLASSES}).most_common(
        MOST_CLASSES - 1
    )
    kept = dict(named)
    return {**kept, OTHER_CLASSES: sum(classes.values()) - sum(kept.values())}
