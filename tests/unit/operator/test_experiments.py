"""The reconciler's experiment: whose pods are asked and when, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from prometheus_client import REGISTRY

from sdep.api.experiment_annotation import EXPERIMENT_ANNOTATION
from sdep.api.experiment_status import ExperimentStatus
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, Status
from sdep.api.validation import problems
from sdep.evidence.evidence import Evidence
from sdep.operator.announce import announce
from sdep.operator.decision import Trials, decide, look, said
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.operator.experiments import Experiments, next_telling
from sdep.operator.store import Store
from sdep.registry.pin import Pinning
from sdep.rollout.collect import Told
from sdep.settings import OperatorSettings
from tests.unit.experiment.arms import did, right
from tests.unit.operator.deployments import deployment
from tests.unit.rollout.trials import later, predictor, sdep

NAME = ("default", "prices")
EXPERIMENT: dict[str, Any] = {"goal": {"name": "correct"}, "guardrails": [], "interval": "30s"}
PINS = {
    (name, "price"): Pin(
        predictor=name,
        unit="price",
        uri=f"models:/price/{version}",
        name="price",
        version=version,
        artifact_uri=version,
    )
    for name, version in (("main", "1"), ("other", "2"))
}
PINNING = Pinning(PINS, {}, ())


class Pods:
    """Engines: all feedback comes to that of main."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.evidence = {"main": did(v1=right(0, 0)), "other": Evidence()}

    async def tell(self, asked: Iterable[Asked]) -> list[Told]:
        every = list(asked)
        self.asked.append(sorted(f"{one.side} {one.pod['metadata']['name']}:{one.port}" for one in every))
        return [Told(one.pod["metadata"]["uid"], one.side, later(-60), self.evidence[one.side]) for one in every]


class World:
    """Two predictors with a pod each, and a shadow."""

    def __init__(self, experiment: dict[str, Any] | None, annotation: str = "") -> None:
        self.pods, self.store, self.seconds = Pods(), Store(), 0.0
        self.experiments = Experiments(cast("EvidenceDoor", self.pods), self.store, lambda: later(self.seconds))
        self.written = sdep(
            predictor("main", "models:/price/1", traffic=50),
            predictor("other", "models:/price/2", traffic=50),
            predictor("dark", "models:/price/2", shadow=True),
            annotations={EXPERIMENT_ANNOTATION: annotation} if annotation else {},
            **({"experiment": experiment} if experiment else {}),
        )
        self.status: ExperimentStatus | None = None
        for name in ("main", "other", "dark"):
            labels = {"seldon-deployment-id": "prices", "seldon-app": f"prices-{name}"}
            metadata = {
                "name": f"{name}-1",
                "namespace": "default",
                "uid": name,
                "resourceVersion": "1",
                "labels": labels,
            }
            self.store.put_pod({"metadata": metadata, "status": {"podIP": "10.0.0.1"}})

    async def at(self, seconds: float, available: int = 1) -> ExperimentStatus:
        self.seconds = seconds
        for name in ("main", "other"):
            self.store.put_child(deployment(name, seconds, available=available))
        sight = look(NAME, self.written, PINNING, self.store, OperatorSettings(runtime_image="r"))
        self.status = await self.experiments.look(NAME, self.written, sight, self.status)
        assert self.status
        return self.status


async def test_the_pods_of_all_arms_are_asked_and_feedback_counts_for_the_model_that_it_names() -> None:
    world = World(EXPERIMENT)
    assert (await world.at(0)).reason == "Collecting"
    await world.at(1)
    assert world.pods.asked == [["main main-1:8000", "other other-1:8000"]]
    world.pods.evidence["main"] = did(v1=right(600, 400), v2=right(800, 200))
    assert (await world.at(20)).reason == "Collecting"
    found = await world.at(31)
    assert (found.winner, len(world.pods.asked)) == ("other", 2)
    assert [(arm.name, arm.models, arm.correct) for arm in found.arms] == [
        ("main", ["price:1"], 600),
        ("other", ["price:2"], 800),
    ]
    assert (await world.at(300)) == found
    assert len(world.pods.asked) == 2


async def test_nothing_is_counted_before_the_pods_of_all_arms_are_new() -> None:
    """What pods of the version before do is not the arm's."""
    world = World(EXPERIMENT)
    first = await world.at(0, available=0)
    assert await world.at(40, available=0) == first
    assert world.pods.asked == []
    assert (await world.at(50)).collected.since == later(50)
    assert len(world.pods.asked) == 1


async def test_the_annotation_says_the_same_as_the_spec() -> None:
    world = World(None, "{goal: {name: correct}, guardrails: [], interval: 30s}")
    spoken = World(EXPERIMENT)
    assert (await world.at(0)).revision == (await spoken.at(0)).revision


async def test_when_it_is_looked_at_again() -> None:
    world = World(EXPERIMENT)
    assert next_telling(world.written, await world.at(0)) == 30
    assert next_telling(world.written, None) is None
    ended = (await world.at(1)).model_copy(update={"phase": "Decided"})
    assert next_telling(world.written, ended) is None


async def test_an_experiment_of_one_says_that_there_is_nothing_to_compare() -> None:
    found = await World({**EXPERIMENT, "predictors": ["main", "dark"]}).at(0)
    assert (found.phase, found.reason) == ("Running", "TooFewArms")


async def test_no_traffic_is_moved_and_ready_is_what_it_was() -> None:
    """The condition is beside Ready, and is there only where there is an experiment."""
    world = World(EXPERIMENT)
    sight = look(NAME, world.written, PINNING, world.store, OperatorSettings(runtime_image="r"))
    decided = decide(sight, PINNING, Trials(experiment=await world.at(0)))
    assert decided.desired == decide(sight, PINNING, Trials()).desired
    (condition,) = [one for one in said(decided, NAME, world.store, (), ()) if one.type == "ExperimentDecided"]
    assert (condition.status, condition.reason) == ("False", "Collecting")
    assert "ExperimentDecided" not in {
        one.type for one in said(decide(sight, PINNING, Trials()), NAME, world.store, (), ())
    }


class Listener:
    """Whoever is told events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def emit(self, _: SeldonDeployment, __: str, reason: str, message: str) -> None:
        self.events.append((reason, message))

    def send(self, *_: object) -> None:
        raise AssertionError("there is no rollout")


async def test_a_winner_is_an_event_once_and_counted() -> None:
    world, told = World(EXPERIMENT), Listener()
    running = await world.at(0)
    won = running.model_copy(update={"phase": "Decided", "reason": "WinnerDeclared", "message": "other wins"})
    before, now = (Status(state="Available", experiment=one) for one in (running, won))

    def counted() -> float:
        return REGISTRY.get_sample_value("sdep_experiment_decisions_total", {"reason": "WinnerDeclared"}) or 0.0

    already = counted()
    for earlier in (before, now):
        announce(told, told, world.written, earlier, now, ())  # type: ignore[arg-type]
    assert told.events == [("WinnerDeclared", "other wins")]
    assert counted() == already + 1


def found(experiment: dict[str, Any], **more: object) -> list[Problem]:
    body = sdep(predictor("main", "s3://m/1"), predictor("other", "s3://m/2"), experiment=experiment, **more)
    return [problem for problem in problems(body) if "experiment" in problem.field]


def test_what_is_wrong_with_an_experiment_names_its_field() -> None:
    goal = {"name": "correct"}
    assert found({"goal": goal}) == []
    (quantile,) = found({"goal": {**goal, "quantile": 0.5}})
    assert (quantile.severity, quantile.field) == ("warning", "spec.experiment.goal.quantile")
    nobody, nothing = found({"goal": goal, "predictors": ["main", "nobody"]})
    assert (nobody.reason, nobody.field) == ("NoEffect", "spec.experiment.predictors[1]")
    assert "needs two live predictors" in nothing.message
    (trial,) = found({"goal": goal}, rollout={"canary": "other"})
    assert (trial.severity, trial.field) == ("error", "spec.experiment.predictors")
    assert found({"goal": goal, "predictors": ["main"]}, rollout={"canary": "other"})[0].reason == "NoEffect"


def test_an_annotation_that_is_no_experiment_is_an_error_of_its_name() -> None:
    body = sdep(predictor("main", "s3://m/1"), annotations={"sdep.io/experiment": "{goal: {name: profit}}"})
    (problem,) = [one for one in problems(body) if "experiment" in one.field]
    assert (problem.severity, problem.field) == ("error", "metadata.annotations[sdep.io/experiment]")
    assert "goal.name" in problem.message
