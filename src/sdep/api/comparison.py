"""What the status says of a shadow's answers beside those that clients got to the same requests."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sdep.api.base import Int32, KubeModel
from sdep.evidence.histogram import Histogram, HistogramText

DIFFERENCE_DIGITS = 2


class Flip(KubeModel):
    """So many rows to which the live predictor gave one label and the shadow the other."""

    live: str
    shadow: str
    rows: Int32


class Bounded(KubeModel):
    """A share between 0 and 1 that lies between `low` and `high`, however often one looks."""

    estimate: float
    low: float
    high: float


class Quantiles(KubeModel):
    p05: float
    p50: float
    p95: float
    p99: float


class PairedTest(KubeModel):
    """Of the pairs that differ: in `more` the shadow's is the greater, in `less` the smaller.

    `pValue` holds however often one looks, that both are equally likely.
    """

    measure: Literal["errors", "latency", "numbers"]
    more: Int32 = 0
    less: Int32 = 0
    p_value: float = 1.0


class ComparisonFound(KubeModel):
    """A shadow beside who answered the clients, pair by pair, since both are what they are: `revision` tells that from the next.

    A pair is two answers to one request. `compared` are those pairs in which both predicted rows, `alike` those of them in which
    all rows agree, and `agreed` is the sum, over them, of the share of rows that agree: their mean is `agreement`. `delta` is
    what the shadow predicted minus what the client got, by row; `slower` the shadow's seconds minus those of the other, by pair.
    `liveFailed`, `shadowFailed` and `bothFailed` are pairs with no prediction on that side. Answers without the other one are
    `liveOnly`, where all requests are mirrored, and `shadowOnly`.
    """

    shadow: str
    revision: str
    since: str
    at: str = ""
    message: str = ""
    pairs: Int32 = 0
    compared: Int32 = 0
    alike: Int32 = 0
    agreed: float = 0.0
    agreement: Bounded | None = None
    flips: list[Flip] = Field(default_factory=list)
    other_flips: Int32 = 0
    live_failed: Int32 = 0
    shadow_failed: Int32 = 0
    both_failed: Int32 = 0
    live_only: Int32 = 0
    shadow_only: Int32 = 0
    delta: Quantiles | None = None
    slower: Quantiles | None = None
    tests: list[PairedTest] = Field(default_factory=list)


class Comparison(ComparisonFound):
    """With the evidence: `deltas` and `latency` are what the quantiles are of, `pods` is up to when each was heard, on its node's clock."""

    deltas: HistogramText = Histogram(DIFFERENCE_DIGITS)
    latency: HistogramText = Histogram(DIFFERENCE_DIGITS)
    pods: dict[str, float] = Field(default_factory=dict)
