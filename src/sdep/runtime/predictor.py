"""A predictor that can answer: its models loaded, its graph built. The transports share it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sdep.built_in import LEARNING
from sdep.runtime.graph.batch import BatchLane, limits
from sdep.runtime.graph.build import build, build_unit
from sdep.runtime.graph.deadline import in_time
from sdep.runtime.graph.execute import execute
from sdep.runtime.graph.gate import Gate
from sdep.runtime.graph.lane import Lane
from sdep.runtime.graph.watch import Unmeasured, Watched
from sdep.runtime.graph.wrap import wrapped
from sdep.runtime.log import event
from sdep.runtime.remote.services import services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.build import Predict
    from sdep.runtime.graph.node import Learn, Node
    from sdep.runtime.graph.remote import Microservice
    from sdep.runtime.graph.watch import Watch
    from sdep.runtime.learning.router import LearningRouter
    from sdep.runtime.message import Message
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.payloads.log import PayloadLog
    from sdep.runtime.servers.model import Model
    from sdep.runtime.servers.warmup import Warmth
    from sdep.runtime.settings import Settings
    from sdep.runtime.tracing.tracing import Tracing

    Wrap = Callable[[Node], Node]


@dataclass(frozen=True, slots=True)
class Predictor:
    """`models`, `services` (the ways to containers) and `alone` (units without children) go by the unit's name."""

    node: Node
    models: Mapping[str, Model]
    services: Mapping[str, Microservice]
    alone: Mapping[str, Node]
    watch: Watch
    gate: Gate
    learns: Mapping[str, Learn] = field(default_factory=dict)
    """The ways in which units of this process hear of feedback, by name."""
    payloads: PayloadLog | None = None
    """None where no unit has a logger."""
    unanswered: Mapping[str, str] = field(default_factory=dict)
    """By the name of the unit, why its model could not answer its own input example."""

    async def predict(self, message: Message) -> Message:
        """`BusyError` where too many are at it already."""
        with self.gate:
            return await execute(self.node, message)


def load_predictor(settings: Settings, metrics: Metrics, tracing: Tracing | None = None) -> Predictor:
    """Load and warm all models. Blocks; `LoadError` says what cannot be served.

    One after the other: nearly all of the time is imports, which side by side are no faster and can deadlock.
    """
    threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="model")
    every = list(units_of(settings.predictor.graph))
    units = [unit for unit in every if _has_model(unit)]
    loaded = [_load(settings, unit) for unit in units]
    models = {unit.name: model for unit, (model, _) in zip(units, loaded, strict=True)}
    _watch_drift(settings, models, metrics)
    limit = settings.predictor.rest_timeout_ms / 1000
    own = {
        unit.name: _lane(unit, model, warmth.seconds, threads, metrics)
        for unit, (model, warmth) in zip(units, loaded, strict=True)
    }
    lanes = {name: in_time(name, lane.predict, limit) for name, lane in own.items()}
    held = {name: lane.held for name, lane in own.items() if isinstance(lane, Lane)}
    remote = services(settings.predictor, [unit for unit in every if unit.host])
    watch: Watch = partial(Watched, metrics)
    if tracing is not None:
        from sdep.runtime.tracing.graph import traced_calls  # noqa: PLC0415

        watch = traced_calls(tracing, watch)
    learners = _learners(settings, metrics, every)
    root = build(settings.predictor.graph, lanes, remote, learners, watch, held)
    alone = {unit.name: _alone(unit, lanes, learners) for unit in every if not unit.host}
    learns = {name: node.learn for name, node in alone.items() if node.learn is not None}
    payloads = _payload_log(settings, every, metrics)
    root = wrapped(root, [*_logging(payloads), *_tracing(tracing)])
    gate = Gate(settings.inside, metrics.refused.add)
    unanswered = {unit.name: warmth.failed for unit, (_, warmth) in zip(units, loaded, strict=True) if warmth.failed}
    return Predictor(root, models, remote, alone, watch, gate, learns, payloads, unanswered)


def _watch_drift(settings: Settings, models: Mapping[str, Model], metrics: Metrics) -> None:
    if settings.predictor.drift is None:
        return
    from sdep.runtime.drift.make import make_tap  # noqa: PLC0415

    metrics.watch_drift(make_tap(settings, settings.predictor.drift, models))


def _lane(
    unit: ServedUnit, model: Model, seconds: float | None, threads: Executor, metrics: Metrics
) -> Lane | BatchLane:
    asked = limits(unit)
    return (
        Lane(model, threads, seconds) if asked is None else BatchLane(model, threads, asked, metrics.batches_of(unit))
    )


def _payload_log(settings: Settings, units: Sequence[ServedUnit], metrics: Metrics) -> PayloadLog | None:
    if not any(unit.logger for unit in units):
        return None
    from sdep.runtime.payloads.log import PayloadLog  # noqa: PLC0415

    return PayloadLog(settings, units, metrics)


def _logging(payloads: PayloadLog | None) -> list[Wrap]:
    if payloads is None:
        return []
    from sdep.runtime.payloads.node import logged  # noqa: PLC0415

    return [partial(logged, payloads)]


def _tracing(tracing: Tracing | None) -> list[Wrap]:
    if tracing is None:
        return []
    from sdep.runtime.tracing.graph import traced  # noqa: PLC0415

    return [partial(traced, tracing)]


def _alone(unit: ServedUnit, lanes: Mapping[str, Predict], learners: Mapping[str, LearningRouter]) -> Node:
    """The unit as its own port serves it, without children."""
    return build_unit(unit, (), lanes, learners, partial(Watched, Unmeasured()))


def _learners(settings: Settings, metrics: Metrics, units: Sequence[ServedUnit]) -> dict[str, LearningRouter]:
    """Routers that learn, imported only where there are any, and seen by `metrics`."""
    learning = [unit for unit in units if not unit.host and unit.implementation in LEARNING]
    if not learning:
        return {}
    from sdep.runtime.learning.gauges import RouterGauges  # noqa: PLC0415
    from sdep.runtime.learning.router import learning_router  # noqa: PLC0415

    found = {unit.name: learning_router(unit, settings.state_directory(unit.name)) for unit in learning}
    metrics.watch(RouterGauges(metrics.owner, tuple(found.values())))
    return found


def units_of(unit: ServedUnit) -> Iterator[ServedUnit]:
    """Parents before children."""
    return unit.walk()


def _has_model(unit: ServedUnit) -> bool:
    return not unit.host and (unit.model is not None or unit.implementation.endswith("_SERVER"))


def _load(settings: Settings, unit: ServedUnit) -> tuple[Model, Warmth]:
    """scikit-learn and its like are imported here, in a thread, while the server already listens."""
    begin = time.perf_counter()
    from sdep.runtime.servers.load import load_model  # noqa: PLC0415
    from sdep.runtime.servers.warmup import warm_up  # noqa: PLC0415

    directory = settings.model_directory(unit.name)
    model = load_model(unit, directory)
    warmth = warm_up(model, directory)
    took = round(time.perf_counter() - begin, 3)
    event("model loaded", unit=unit.name, platform=model.platform, seconds=took, warm_call_seconds=warmth.seconds)
    return model, warmth
