"""The class behind both protocols: loaded once, called in its lane, its raw methods first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sdep.runtime.classes.component import Component
from sdep.runtime.classes.custom_metrics import CustomMetrics
from sdep.runtime.classes.error_handler import error_handler
from sdep.runtime.classes.lane import ClassLane
from sdep.runtime.classes.load import load_class
from sdep.runtime.classes.metadata import Metadata
from sdep.runtime.classes.unit import ClassUnit
from sdep.runtime.classes.v1.user_model import SeldonNotImplementedError
from sdep.runtime.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.classes.arguments import ClassSettings
    from sdep.runtime.classes.component import Transforming
    from sdep.runtime.classes.question import Question
    from sdep.runtime.message import Message
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.report import Report
    from sdep.runtime.rpc import seldon_pb2 as pb

    Transport = Literal["rest", "grpc"]


class Raw(NamedTuple):
    """What a raw method answered: a dictionary, a message of gRPC, or whatever it likes."""

    answer: Any


class ClassService:
    """Each call raises `ServingError`: `NotReadyError` until the class is loaded."""

    def __init__(self, settings: ClassSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._lane = ClassLane(settings.threads)
        self._custom = CustomMetrics(settings.identity.labels(), _names(metrics.exposition()))
        self._loaded: tuple[ClassUnit, Metadata] | None = None

    async def load(self) -> object:
        """Give the user's object; `LoadError` where there is none."""
        return await self._lane.run(self._load)

    def _load(self) -> object:
        settings = self._settings
        user = load_class(settings.name, settings.unit)
        component = Component(user)
        self._lane.error_handler = error_handler(user)
        unit = ClassUnit(component, settings.identity, self._custom, metrics_in_answers=settings.metrics_in_answers)
        self._loaded = unit, Metadata(component, settings.identity.image, settings.metadata)
        return user

    async def transform(self, step: Transforming, question: Question) -> Message:
        return await self._lane.run(self._unit.transform, step, question)

    async def route(self, question: Question) -> Message:
        return await self._lane.run(self._unit.route, question)

    async def aggregate(self, questions: Sequence[Question]) -> Message:
        return await self._lane.run(self._unit.aggregate, questions)

    async def health(self) -> Message:
        return await self._lane.run(self._unit.health)

    async def feedback(self, feedback: pb.Feedback, transport: Transport) -> Message | Raw:
        self._count(feedback.reward)
        raw = await self.raw(transport, "send_feedback", feedback)
        return raw if raw is not None else await self._lane.run(self._unit.send_feedback, feedback)

    async def raw(self, transport: Transport, step: str, *request: object) -> Raw | None:
        """None where the class has no raw method for the step, or where that says so: the usual one is called then.

        Old classes have one for each protocol: `predict_rest`, `predict_grpc`.
        """
        for name in (f"{step}_{transport}", f"{step}_raw"):
            if self._unit.component.has(name):
                try:
                    return Raw(await self._lane.run(self._unit.raw, name, step, *request))
                except SeldonNotImplementedError:
                    continue
        return None

    def metadata(self) -> dict[str, Any]:
        self._unit  # noqa: B018 - raises until it is there
        return self._loaded[1].told() if self._loaded is not None else {}

    def answered(self) -> None:
        """Count one prediction of a client: those of an engine are counted there."""
        self._metrics.predictions.add()

    def report(self) -> Report:
        own = self._metrics.report()
        return own._replace(exposition=own.exposition + self._custom.exposition())

    async def collected(self) -> Report:
        """Of the whole pod, where this process is one of several."""
        every = self._metrics.of_all_workers
        return self.report() if every is None else await every()

    def _count(self, reward: float) -> None:
        if reward and self._settings.counts_rewards:
            labels = {**self._settings.identity.labels(), "method": "feedback"}
            self._metrics.feedback.add(1, labels)
            self._metrics.reward.add(max(reward, 0.0), labels)

    @property
    def _unit(self) -> ClassUnit:
        if self._loaded is None:
            raise NotReadyError("the class is still being loaded")
        return self._loaded[0]


def _names(exposition: bytes) -> list[str]:
    return [line.split()[2] for line in exposition.decode().splitlines() if line.startswith("# TYPE ")]
