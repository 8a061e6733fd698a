"""What Prometheus reads: v1's names, labels and buckets. Beside it, the evidence of the same requests, and some of their answers.

`status` repeats `code`, because v1's own dashboard asks for it and never found it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest

from sdep.evidence.exposed import BUCKETS, PREDICTION_COUNT, PREDICTION_SERVICES, SERVER
from sdep.evidence.watched import Watched
from sdep.runtime.evidence.recorder import Recorder
from sdep.runtime.evidence.sample import Sample
from sdep.runtime.report import Report
from sdep.runtime.rpc.codes import label
from sdep.runtime.tally import Tally
from sdep.runtime.tracking import Tracking, model_labels

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from prometheus_client.registry import Collector

    from sdep.contract import ServedPredictor, ServedUnit
    from sdep.runtime.drift.tap import Tap
    from sdep.runtime.message import Payload

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_CLIENT = "seldon_api_executor_client_requests_seconds"
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

_PREDICTOR = ("deployment_name", "predictor_name", "predictor_version")
_MODEL = ("model_name", "model_image", "model_version")
_METHODS = frozenset({"get", "head", "post", "put", "delete", "patch", "options", "trace", "connect", "unary", "other"})
_CALL = ("service", "method", "code", "status")

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time stamp per series, which v1 has not and nothing reads


class Metrics:
    """One predictor's metrics, in their own registry. Label sets are kept: finding them costs more than observing."""

    def __init__(self, predictor: ServedPredictor) -> None:
        self._predictor = (predictor.deployment, predictor.predictor, predictor.version)
        self._root = predictor.graph
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._server = self._histogram(SERVER, "Seconds from request to answer", (*_PREDICTOR, *_CALL))
        self._client = self._histogram(_CLIENT, "Seconds in one graph node", (*_PREDICTOR, *_MODEL, *_CALL))
        self._served: dict[tuple[str, str, int], Histogram] = {}
        self._called: dict[tuple[str, str, int], Histogram] = {}
        owner = {"namespace": predictor.namespace, **dict(zip(_PREDICTOR, self._predictor, strict=True))}
        self.predictions = Tally(PREDICTION_COUNT, "Predictions answered", owner)
        self.predictions.add(0)
        self.tracking = Tracking(self.owner, self._registry)
        self.feedback = Tally("seldon_api_model_feedback_total", "Feedback received")
        self.reward = Tally("seldon_api_model_feedback_reward_total", "Sum of the positive rewards of feedback")
        self.payloads = Tally("sdep_payload_log_events_total", "Payloads for loggers, by what became of them")
        self.refused = Tally("sdep_runtime_refused_requests_total", "Requests refused as too many were waiting", owner)
        self.refused.add(0)
        self._batches: Histogram | None = None
        self.evidence = Recorder()
        self.sample = Sample()
        self.drift: Tap | None = None
        self._unwatched = Watched()
        self.of_all_workers: Callable[[], Awaitable[Report]] | None = None

    def _histogram(self, name: str, text: str, labels: tuple[str, ...]) -> Histogram:
        return Histogram(name, text, labels, buckets=BUCKETS, registry=self._registry)

    @property
    def owner(self) -> dict[str, str]:
        """The labels of the predictor."""
        return dict(zip(_PREDICTOR, self._predictor, strict=True))

    def watch_drift(self, found: Tap | Watched) -> None:
        """What watches the inputs from now on, or why nothing does."""
        if isinstance(found, Watched):
            self._unwatched = found
            return
        from sdep.runtime.drift.counters import DriftCounters  # noqa: PLC0415

        self.drift = found
        self.watch(DriftCounters(self.owner, model_labels(self._root), found))

    def watch(self, collector: Collector) -> None:
        """Ask one more for its metrics, each time that Prometheus reads."""
        self._registry.register(collector)

    def predicted(self, payload: Payload) -> None:
        """One answer of the graph, in the task of its request."""
        self.predictions.add()
        self.evidence.answered(payload)
        self.sample.predicted(payload)

    def served(self, service: str, method: str, code: int, seconds: float, request_id: bytes = b"") -> None:
        """One answered request; `method` in lower case, `unary` for gRPC. One that HTTP does not know is `other`.

        `request_id` is the one that came with it: a copy of the request has the same.
        """
        key = (service, method, code)
        measured = self._served.get(key)
        if measured is None:
            if method not in _METHODS:
                self.served(service, "other", code, seconds, request_id)
                return
            measured = self._server.labels(*self._predictor, service, *_call(method, code))
            self._served[key] = measured
        measured.observe(seconds)
        if service in PREDICTION_SERVICES:
            self.evidence.request(code, seconds)
            self.sample.request(request_id, code, seconds)

    def called(self, unit: ServedUnit, service: str, code: int, seconds: float) -> None:
        """One call of one graph node; `service` is the path of v1's internal API, or the method of its gRPC twin."""
        key = (unit.name, service, code)
        if key not in self._called:
            unary = service.startswith(("/seldon.protos.", "/inference.", "/tensorflow.serving."))
            labels = (*self._predictor, *model_labels(unit), service, *_call("unary" if unary else "post", code))
            self._called[key] = self._client.labels(*labels)
        self._called[key].observe(seconds)

    def batches_of(self, unit: ServedUnit) -> Callable[[int], None]:
        """Give what is told the rows of each of the unit's batches."""
        if self._batches is None:
            text, labels = "Rows of one call of a model that batches", (*_PREDICTOR, *_MODEL)
            self._batches = Histogram("sdep_runtime_batch_rows", text, labels, buckets=BATCHES, registry=self._registry)
        return self._batches.labels(*self._predictor, *model_labels(unit)).observe

    def fed_back(self, unit: ServedUnit, reward: float) -> None:
        """Count for one node. A negative reward counts as feedback only: a counter that falls reads as a restart."""
        labels = dict(zip((*_PREDICTOR, *_MODEL), (*self._predictor, *model_labels(unit)), strict=True))
        self.feedback.add(1, labels)
        self.reward.add(max(reward, 0.0), labels)

    def payload(self, unit: str, outcome: str) -> None:
        """One payload of a unit with a logger: delivered, failed (its receiver took it in no try) or dropped (it never left)."""
        owner = dict(zip(_PREDICTOR, self._predictor, strict=True))
        self.payloads.add(1, {**owner, "model_name": unit, "outcome": outcome})

    async def collected(self) -> Report:
        """Of the whole pod, where this process is one of several."""
        return self.report() if self.of_all_workers is None else await self.of_all_workers()

    def report(self) -> Report:
        """What this process has counted."""
        watched = self.drift.watched() if self.drift is not None else self._unwatched
        return Report(self.exposition().decode(), self.evidence.evidence(), self.sample.answers(), watched)

    def exposition(self) -> bytes:
        """Text format 0.0.4."""
        tallies = (self.predictions, self.feedback, self.reward, self.payloads, self.refused)
        return generate_latest(self._registry) + "".join(tally.exposition() for tally in tallies).encode()


def _call(method: str, code: int) -> tuple[str, str, str]:
    """Labels `method`, `code` and `status`: gRPC's code is a word, as v1 has it, and its status HTTP's number for that."""
    return method, label(code) if method == "unary" else str(code), str(code)
