"""The reconciler's comparisons: which shadows are compared with whom, since when, and how often pods are asked."""

from __future__ import annotations

import contextvars
from typing import cast

import numpy as np
import pytest

from sdep.api.comparison import Comparison
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, RolloutStatus
from sdep.evidence.answers import Answers
from sdep.operator.comparisons import INTERVAL_SECONDS, Comparisons
from sdep.operator.decision import Trials, decide, look
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.operator.store import Store
from sdep.registry.pin import Pinning
from sdep.runtime.evidence.sample import Sample
from sdep.runtime.message import Payload
from sdep.settings import OperatorSettings
from tests.unit.operator.deployments import deployment
from tests.unit.rollout.trials import later, predictor, sdep

NAME = ("default", "prices")


class Pods:
    """Engines with the sample of their own that each would keep."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.now = 1000.0
        self.samples: dict[str, Sample] = {}

    async def answers(self, asked: Asked, since: float) -> Answers | None:
        uid = asked.pod["metadata"]["uid"]
        self.asked.append((uid, since))
        sample = self.samples.get(uid)
        return sample.answers().between(since, self.now) if sample else None

    def answer(self, uid: str, request_id: str, number: float) -> None:
        self.now += 0.01

        def answer() -> None:
            sample = self.samples.setdefault(uid, Sample(lambda: self.now))
            sample.predicted(Payload(np.array([[number]]), "ndarray"))
            sample.request(request_id.encode(), 200, 0.01)

        contextvars.copy_context().run(answer)


class World:
    """A live predictor and two shadows, with a pod each."""

    def __init__(self) -> None:
        self.pods, self.store, self.seconds = Pods(), Store(), 0.0
        self.known: list[Comparison] = []
        self.models = {"main": "s3://m/1", "one": "s3://m/2", "two": "s3://m/3"}
        self.mirror = {"one": 100, "two": 50}
        self.rollout: RolloutStatus | None = None
        self.begin()
        for name in self.models:
            self.pod(name)

    def begin(self) -> None:
        """As an operator does that was just started."""
        self.comparisons = Comparisons(
            cast("EvidenceDoor", self.pods), self.store, lambda: later(self.seconds), lambda: self.seconds
        )

    def pod(self, name: str, number: int = 1, age: float = 60) -> None:
        uid = f"{name}-{number}"
        metadata = {
            "name": uid,
            "namespace": "default",
            "uid": uid,
            "resourceVersion": "1",
            "creationTimestamp": later(self.seconds - age),
            "labels": {"seldon-deployment-id": "prices", "seldon-app": f"prices-{name}"},
        }
        self.store.put_pod({"metadata": metadata, "status": {"podIP": "10.0.0.1"}})
        self.pods.samples.setdefault(uid, Sample(lambda: self.pods.now))

    def body(self) -> SeldonDeployment:
        shadows = [
            predictor(name, uri, shadow=True, traffic=self.mirror[name])
            for name, uri in self.models.items()
            if name in self.mirror
        ]
        live = [predictor(name, uri) for name, uri in self.models.items() if name not in self.mirror]
        return sdep(*live, *shadows)

    async def at(self, seconds: float, *, rolled_out: bool = True) -> dict[str, Comparison]:
        passed = seconds - self.seconds
        self.seconds = seconds
        self.pods.now += passed
        for name in self.models:
            self.store.put_child(deployment(name, self.seconds, updated=int(rolled_out or name != "one")))
        pins = {
            (name, "price"): Pin(predictor=name, unit="price", uri=uri, artifact_uri=uri)
            for name, uri in self.models.items()
        }
        pinning = Pinning(pins, {}, ())
        sight = look(NAME, self.body(), pinning, self.store, OperatorSettings(runtime_image="r"))
        decision = decide(sight, pinning, Trials(self.rollout))
        self.known = await self.comparisons.look(NAME, decision, self.known)
        return {one.shadow: one for one in self.known}


@pytest.fixture
def world() -> World:
    return World()


async def test_two_shadows_are_compared_with_what_one_telling_of_each_pod_says(world: World) -> None:
    """Each pod is asked once an interval whoever is compared with it; what it did before the comparison is not taken."""
    world.pods.answer("main-1", "before", 1.0)
    world.pods.answer("one-1", "before", 1.0)
    assert world.comparisons.next_look(NAME, list((await world.at(0)).values())) == 0.1
    await world.at(0.1)
    for number in range(4):
        world.pods.answer("main-1", f"id-{number}", 1.0)
        world.pods.answer("one-1", f"id-{number}", 1.0)
        world.pods.answer("two-1", f"id-{number}", 1.0 + number % 2)
    await world.at(5)
    assert [uid for uid, _ in world.pods.asked] == ["main-1", "one-1", "two-1"]
    found = await world.at(11)
    assert [(one.pairs, one.alike) for one in found.values()] == [(4, 4), (4, 2)]
    assert world.comparisons.next_look(NAME, list(found.values())) == pytest.approx(INTERVAL_SECONDS)
    assert len(world.pods.asked) == 6


async def test_an_operator_that_was_restarted_goes_on_where_it_was(world: World) -> None:
    """The counts, and up to when each pod was heard, are in the status: nothing is lost and nothing counted twice."""
    await world.at(0)
    await world.at(1)
    world.pods.answer("main-1", "a", 1.0)
    world.pods.answer("one-1", "a", 1.0)
    await world.at(11)
    world.begin()
    world.pods.answer("main-1", "b", 1.0)
    world.pods.answer("one-1", "b", 1.0)
    assert (await world.at(12))["one"].pairs == 2


async def test_another_model_is_compared_anew_and_not_before_all_its_pods_are_new(world: World) -> None:
    """Pods of the version before answer while the new ones come; their answers say nothing of the new version."""
    await world.at(0)
    await world.at(1)
    world.pods.answer("main-1", "a", 1.0)
    world.pods.answer("one-1", "a", 1.0)
    first = (await world.at(11))["one"]
    world.models["one"] = "s3://m/4"
    changing = await world.at(22, rolled_out=False)
    assert list(changing) == ["two"]
    found = (await world.at(33))["one"]
    assert (first.pairs, found.pairs, found.since) == (1, 0, later(33))
    assert found.revision != first.revision
    world.models["main"] = "s3://m/5"
    assert (await world.at(44))["two"].since == later(44)


async def test_pods_that_come_later_are_heard_from_their_beginning_and_those_that_go_are_forgotten(
    world: World,
) -> None:
    """A live predictor that was scaled up answers in two pods, and the shadow is beside both."""
    await world.at(0)
    await world.at(1)
    world.pod("main", 2, age=0)
    world.pods.answer("main-2", "a", 1.0)
    world.pods.answer("one-1", "a", 1.0)
    found = (await world.at(11))["one"]
    assert found.pairs == 1
    assert set(found.pods) == {"main-1", "main-2", "one-1"}


async def test_a_pod_that_does_not_tell_keeps_nobody_from_being_compared(world: World) -> None:
    """An engine of v1, or one that is gone, has no such page."""
    del world.pods.samples["two-1"]
    await world.at(0)
    await world.at(1)
    world.pods.answer("main-1", "a", 1.0)
    world.pods.answer("one-1", "a", 1.0)
    found = await world.at(11)
    assert (found["one"].pairs, found["two"].pairs) == (1, 0)


async def test_a_canary_in_a_step_that_mirrors_is_compared_as_a_shadow(world: World) -> None:
    """It gets copies and answers nobody, whatever brought that about; with its first weight that ends."""
    world.models, world.mirror = {"main": "s3://m/1", "one": "s3://m/2"}, {}
    world.rollout = RolloutStatus(phase="Progressing", canary="one", stable="main", revision="r", weight=0, mirror=100)
    await world.at(0)
    await world.at(1)
    world.pods.answer("main-1", "a", 1.0)
    world.pods.answer("one-1", "a", 2.0)
    found = (await world.at(11))["one"]
    assert (found.pairs, found.alike) == (1, 0)
    world.rollout = world.rollout.model_copy(update={"weight": 20, "mirror": 0})
    assert await world.at(22) == {}
    assert world.comparisons.next_look(NAME, world.known) is None
