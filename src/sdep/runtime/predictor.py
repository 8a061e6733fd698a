"""A predictor that can answer: its models loaded, its graph built. The transports share it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sdep.runtime.graph.build import build, build_unit
from sdep.runtime.graph.execute import execute
from sdep.runtime.graph.lane import Lane
from sdep.runtime.graph.watch import Unmeasured, Watched
from sdep.runtime.log import event
from sdep.runtime.remote.services import services

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.build import Predict
    from sdep.runtime.graph.node import Node
    from sdep.runtime.graph.remote import Microservice
    from sdep.runtime.graph.watch import Watch
    from sdep.runtime.message import Message
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.servers.model import Model
    from sdep.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Predictor:
    """`models`, `services` (the ways to containers) and `alone` (units without children) go by the unit's name."""

    node: Node
    models: Mapping[str, Model]
    services: Mapping[str, Microservice]
    alone: Mapping[str, Node]
    watch: Watch

    async def predict(self, message: Message) -> Message:
        return await execute(self.node, message)


def load_predictor(settings: Settings, metrics: Metrics) -> Predictor:
    """Load and warm all models. Blocks; `LoadError` says what cannot be served.

    One after the other: nearly all of the time is imports, which side by side are no faster and can deadlock.
    """
    threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="model")
    every = list(units_of(settings.predictor.graph))
    units = [unit for unit in every if _has_model(unit)]
    loaded = [_load(settings, unit) for unit in units]
    models = {unit.name: model for unit, (model, _) in zip(units, loaded, strict=True)}
    lanes = {
        unit.name: Lane(model, threads, seconds).predict for unit, (model, seconds) in zip(units, loaded, strict=True)
    }
    remote = services(settings.predictor, [unit for unit in every if unit.host])
    watch = partial(Watched, metrics)
    root = build(settings.predictor.graph, lanes, remote, watch)
    alone = {unit.name: _alone(unit, lanes) for unit in every if not unit.host}
    return Predictor(root, models, remote, alone, watch)


def _alone(unit: ServedUnit, lanes: Mapping[str, Predict]) -> Node:
    """The unit as its own port serves it, without children."""
    return build_unit(unit, (), lanes, partial(Watched, Unmeasured()))


def units_of(unit: ServedUnit) -> Iterator[ServedUnit]:
    """Parents before children."""
    yield unit
    for child in unit.children:
        yield from units_of(child)


def _has_model(unit: ServedUnit) -> bool:
    return not unit.host and (unit.model is not None or unit.implementation.endswith("_SERVER"))


def _load(settings: Settings, unit: ServedUnit) -> tuple[Model, float | None]:
    """scikit-learn and its like are imported here, in a thread, while the server already listens."""
    begin = time.perf_counter()
    from sdep.runtime.servers.load import load_model  # noqa: PLC0415
    from sdep.runtime.servers.warmup import warm_up  # noqa: PLC0415

    directory = settings.model_directory(unit.name)
    model = load_model(unit, directory)
    seconds = warm_up(model, directory)
    took = round(time.perf_counter() - begin, 3)
    event("model loaded", unit=unit.name, platform=model.platform, seconds=took, warm_call_seconds=seconds)
    return model, seconds
