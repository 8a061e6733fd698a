"""Models that fail their own input examples are found in the background, and said once it is known."""

from __future__ import annotations

import asyncio
from typing import cast

from sdep.api.status import Condition, Status
from sdep.operator.decision import Trials, decide
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.operator.examples import Examples
from sdep.operator.store import ObjectName
from sdep.registry.pin import Pinning
from sdep.rollout.metadata import GraphMetadata
from sdep.status.conditions import input_examples_answered
from sdep.status.summary import summarise
from tests.unit.operator.test_rollouts import NAME, PINS, Pods, World


class Door(Pods):
    """Pods that answer when they are let."""

    def __init__(self) -> None:
        super().__init__()
        self.answering = asyncio.Event()

    async def metadata(self, asked: Asked) -> GraphMetadata | None:
        await self.answering.wait()
        return await super().metadata(asked)


class Watched:
    """Examples beside a world of two predictors."""

    def __init__(self) -> None:
        self.world, self.door, self.woken = World(), Door(), asyncio.Event()
        self.names: list[ObjectName] = []
        self.examples = Examples(cast("EvidenceDoor", self.door), self.world.store, self._wake)

    def _wake(self, name: ObjectName) -> None:
        self.names.append(name)
        self.woken.set()

    def failed(self) -> object:
        return self.examples.failed(NAME, self.world.sight())


async def test_nobody_waits_for_the_answer_and_what_failed_wakes_and_is_asked_once() -> None:
    watched = Watched()
    watched.door.failed["canary"] = "KeyError: 'gas'"
    assert watched.failed() is None
    assert watched.failed() is None
    watched.door.answering.set()
    await asyncio.wait_for(watched.woken.wait(), 5)
    await watched.examples.settled()
    assert watched.failed() == {"canary": "price: KeyError: 'gas'"}
    assert watched.names == [NAME]
    assert sorted(watched.door.described) == ["canary", "main"]


async def test_what_is_gone_or_closed_leaves_nothing_behind() -> None:
    watched = Watched()
    watched.door.failed["canary"] = "KeyError: 'gas'"
    assert watched.failed() is None
    watched.examples.forget(NAME)
    watched.door.answering.set()
    await watched.examples.close()
    assert watched.names == []


async def test_pods_that_tell_nothing_are_left_alone_for_a_while_and_hold_nothing_up() -> None:
    watched = Watched()
    watched.door.served = {"main": "s3://m/1", "canary": "another model"}
    watched.door.answering.set()
    assert watched.failed() is None
    await watched.examples.settled()
    assert watched.failed() == {}
    assert sorted(watched.door.described) == ["canary", "main"]


def test_the_condition_is_there_while_a_model_fails_and_stays_while_nobody_knows() -> None:
    (said,) = input_examples_answered({"main": "price: KeyError: 'gas'"}, ())
    assert (said.type, said.status, said.reason) == ("InputExamplesAnswered", "False", "InputExampleFailed")
    assert said.message == "predictor main: price: KeyError: 'gas'"
    assert input_examples_answered(None, [said]) == [said]
    assert input_examples_answered({}, [said]) == []


def test_a_failing_example_leaves_the_service_ready() -> None:
    sight = World().sight()
    decision = decide(sight, Pinning(PINS, {}, ()), Trials())

    def ready(*said: Condition) -> Condition:
        status: Status = summarise(decision.plan, decision.asked, decision.observed, decision.desired, said, "now")
        return next(condition for condition in status.conditions if condition.type == "Ready")

    assert ready(*input_examples_answered({"main": "price: KeyError"}, ())).status == "True"
