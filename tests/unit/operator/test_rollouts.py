"""The reconciler's rollout: when pods are asked, what of them is seen, and when the next look is due."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sdep.api.status import GateAnswer, Pin, RolloutStatus
from sdep.evidence.evidence import Evidence
from sdep.operator.decision import Sight, look
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.operator.gates import GateDoor, GateQuestion
from sdep.operator.prometheus import PrometheusDoor
from sdep.operator.queries import Queries
from sdep.operator.rollouts import Rollouts, next_look, soonest
from sdep.operator.store import ObjectName, Store
from sdep.registry.pin import Pinning
from sdep.rollout.analysis.query import Answer
from sdep.rollout.baseline import with_baseline
from sdep.rollout.collect import Told
from sdep.rollout.command import COMMAND_ANNOTATION
from sdep.rollout.metadata import GraphMetadata
from sdep.rollout.scraped import Sample
from sdep.settings import OperatorSettings
from tests.unit.analysis.test_inputs import describing
from tests.unit.operator.deployments import deployment
from tests.unit.rollout.trials import later, predictor, sdep

NAME = ("default", "prices")
ANALYSIS = {"interval": "10s", "delay": "5s", "minRequests": 1, "metrics": [{"name": "errors"}]}
ROLLOUT: dict[str, Any] = {"canary": "canary", "steps": [{"weight": 20, "duration": "1m"}], "analysis": ANALYSIS}
PINS = {
    (name, "price"): Pin(predictor=name, unit="price", uri=uri, artifact_uri=uri)
    for name, uri in (("main", "s3://m/1"), ("canary", "s3://m/2"))
}


class Pods:
    """Engines that answer a hundred requests between two looks."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.inputs = {"main": "long", "canary": "long", "main-baseline": "long"}
        self.served = {"main": "s3://m/1", "canary": "s3://m/2", "main-baseline": "s3://m/1"}
        self.silent = ""
        self.failed: dict[str, str] = {}
        self.described: list[str] = []
        self.scale = 1

    async def metadata(self, asked: Asked) -> GraphMetadata | None:
        name = asked.pod["metadata"]["uid"]
        self.described.append(name)
        if name == self.silent:
            return None
        column = {"name": "oil", "type": self.inputs[name], "required": True}
        return describing("price", self.served[name], column, failed=self.failed.get(name, ""))

    async def tell(self, asked: Iterable[Asked]) -> list[Told]:
        every = list(asked)
        self.asked.append(sorted(f"{one.side} {one.pod['metadata']['name']}:{one.port}" for one in every))
        evidence = Evidence(requests=100 * len(self.asked) * self.scale, errors=25 * len(self.asked) * (self.scale - 1))
        return [Told(one.pod["metadata"]["uid"], one.side, later(-60), evidence) for one in every]


class Gates:
    """They say at once what they say."""

    def __init__(self) -> None:
        self.code = 200
        self.asked: list[str] = []
        self.now = 0.0

    async def ask(self, _: ObjectName, asked: Sequence[GateQuestion]) -> list[GateAnswer]:
        self.asked += [f"{one.gate.name} {one.content['weight']}" for one in asked]
        return [GateAnswer(name=one.gate.name, at=later(self.now), code=self.code) for one in asked]

    def forget(self, _: ObjectName) -> None:
        self.asked.append("forgotten")


class Numbers:
    """A Prometheus that answers what it is told to."""

    def __init__(self) -> None:
        self.is_open, self.asked, self.answer, self.requests = True, list[str](), Answer("0"), 0

    async def ask(self, query: str) -> Answer:
        self.asked.append(query)
        return self.answer

    async def series(self, query: str) -> tuple[list[Sample], str]:
        """At each look the engines have answered 500 requests more, the canary a fifth of them, and half of these with an error."""
        self.asked.append(query)
        if self.answer.error:
            return [], self.answer.error
        if "timestamp" in query:
            return [Sample({"pod": f"{name}-1"}, 1e10) for name in ("main", "canary")], ""
        self.requests += 100
        rows = [("main", "200", 4 * self.requests), *(("canary", code, self.requests // 2) for code in ("200", "500"))]
        return [Sample({"pod": f"{name}-1", "status": code, "le": "+Inf"}, number) for name, code, number in rows], ""


class World:
    """Two predictors with a pod each, gates, and the time."""

    def __init__(self, analysis: dict[str, object] | None = None, **rollout: object) -> None:
        self.pods, self.gates, self.store, self.seconds = Pods(), Gates(), Store(), 0.0
        self.numbers, self.replicas = Numbers(), 1
        self.rollout = {**ROLLOUT, "analysis": {**ANALYSIS, **(analysis or {})}, **rollout}
        self.status: RolloutStatus | None = None
        self.restart()
        for name in ("main", "canary"):
            self.put_pod(name)

    def restart(self) -> None:
        """Another operator, which knows what the status says and no more."""
        self.rollouts = Rollouts(
            cast("EvidenceDoor", self.pods),
            Queries(cast("PrometheusDoor", self.numbers)),
            cast("GateDoor", self.gates),
            self.store,
            lambda: later(self.seconds),
        )
        if self.status:
            self.status = RolloutStatus.model_validate_json(self.status.model_dump_json(by_alias=True))

    def put_pod(self, name: str) -> None:
        metadata = {
            "name": f"{name}-1",
            "namespace": "default",
            "uid": name,
            "resourceVersion": "1",
            "creationTimestamp": later(-60),
            "labels": {"seldon-deployment-id": "prices", "seldon-app": f"prices-{name}"},
        }
        ready = {"type": "Ready", "status": "True"}
        self.store.put_pod({"metadata": metadata, "status": {"podIP": "10.0.0.1", "conditions": [ready]}})

    def sight(self, available: int = 1, stable: int = 1, say: str = "") -> Sight:
        told = {COMMAND_ANNOTATION: json.dumps({"verb": say, "at": later(self.seconds)})} if say else {}
        main, canary = predictor("main", "s3://m/1"), predictor("canary", "s3://m/2")
        body = with_baseline(sdep(main, canary, annotations=told, rollout=self.rollout), self.status)
        for name in ("main", "canary"):
            there = available if name == "canary" else stable
            self.store.put_child(deployment(name, self.seconds, available=there, replicas=self.replicas))
        pins = {**PINS, ("main-baseline", "price"): PINS["main", "price"]}
        return look(NAME, body, Pinning(pins, {}, ()), self.store, OperatorSettings(runtime_image="r"))

    async def at(self, seconds: float, available: int = 1, stable: int = 1, say: str = "") -> RolloutStatus:
        self.seconds = self.gates.now = seconds
        sight = self.sight(available, stable, say)
        fresh = self.status is None
        self.status = await self.rollouts.advance(NAME, sight, None, self.status, moved=False)
        if fresh:  # as soon as a trial has begun it is looked at once more
            self.status = await self.rollouts.advance(NAME, sight, None, self.status, moved=False)
        assert self.status
        return self.status


async def test_pods_of_both_sides_are_asked_once_an_interval_and_not_before_the_delay() -> None:
    world = World()
    await world.at(0)
    await world.at(1)
    await world.at(4)
    assert world.pods.asked == []
    first = await world.at(6)
    assert world.pods.asked == [["canary canary-1:8000", "stable main-1:8000"]]
    assert first.collected.canary.requests == 0
    await world.at(12)
    second = await world.at(16)
    assert (len(world.pods.asked), second.collected.canary.requests, second.collected.stable.requests) == (2, 100, 100)


async def test_a_fresh_baseline_is_awaited_and_asked_in_the_stable_predictors_place() -> None:
    """Half of what both get is the canary's, whatever the step's weight: else the split would be said to be off."""
    world = World({"baseline": "Fresh", "minRequests": 50, "metrics": [{"name": "errors"}]})
    await world.at(0)
    waiting = await world.at(1)
    assert (waiting.reason, waiting.message) == ("CanaryStarting", "waiting for pods of canary and main-baseline")
    world.store.put_child(deployment("main-baseline", world.seconds, replicas=world.replicas))
    world.put_pod("main-baseline")
    assert (await world.at(2)).weight == 20
    assert world.pods.described == ["main-baseline", "canary"]
    await world.at(8)
    judged = await world.at(20)
    assert world.pods.asked == [["canary canary-1:8000", "stable main-baseline-1:8000"]] * 2
    assert [finding.metric for finding in judged.findings] == ["errors"]
    assert judged.findings[0].samples == judged.findings[0].stable_samples == 100


async def test_a_canary_that_breaks_down_during_a_step_keeps_no_traffic() -> None:
    world = World()
    await world.at(0, available=0)
    waiting = await world.at(1, available=0)
    assert (waiting.reason, waiting.weight) == ("CanaryStarting", 0)
    assert (await world.at(2)).weight == 20


def asking(**more: object) -> World:
    """Judged by one query alone: what is mirrored has no split."""
    world = World({"metrics": [], "queries": [{**QUERY, **more}]})
    world.rollout["steps"] = [{"mirror": 50, "duration": "1m"}, {"mirror": 100, "duration": "1m"}]
    return world


QUERY = {"name": "refunds", "query": 'x{p="{{canary}}"}[{{step}}]', "failure": "> 1", "failureLimit": 1}


async def test_queries_are_asked_once_an_interval_and_their_counts_are_kept_in_the_status() -> None:
    world = asking()
    for second in (0, 4, 6, 9):
        await world.at(second)
    assert world.numbers.asked == ['x{p="canary"}[1s]']
    world.numbers.answer = Answer("2")
    once = await world.at(20)
    assert [(found.metric, found.verdict, found.samples) for found in once.findings] == [("refunds", "Inconclusive", 2)]
    world.restart()
    back = await world.at(30)
    assert (back.phase, back.reason, world.numbers.asked[-1]) == (
        "RolledBack",
        "AnalysisFailed",
        'x{p="canary"}[25s]',
    )
    assert "2 of 3 measurements were bad, 1 are allowed" in back.message


async def test_a_new_step_counts_anew() -> None:
    world = asking()
    world.numbers.answer = Answer("2")
    await world.at(0)
    await world.at(6)
    world.numbers.answer = Answer("0")
    second = await world.at(61)
    assert (second.step, second.collected.queries) == (1, {})


async def test_nothing_is_asked_during_the_initial_delay_nor_where_there_is_no_prometheus() -> None:
    world = asking(initialDelay="30s")
    await world.at(0)
    (early,) = (await world.at(20)).findings
    assert (early.verdict, early.message) == ("NoData", "nothing is asked in the first 30s of a step")
    world.numbers.is_open = False
    (nowhere,) = (await world.at(40)).findings
    assert nowhere.verdict == "NoData"
    assert "prometheus.url (SDEP_PROMETHEUS_URL)" in nowhere.message
    assert world.numbers.asked == []


async def test_what_pods_of_the_version_before_take_turns_no_canary_back() -> None:
    """Containers have no pinned model by which one could tell old pods from new: all are awaited to be new."""
    world = World()
    world.pods.inputs["canary"], world.replicas = "double", 2
    await world.at(0)
    waiting = await world.at(1)
    assert (waiting.reason, world.pods.described) == ("CanaryStarting", [])
    world.pods.inputs["canary"], world.replicas = "long", 1
    assert (await world.at(2)).weight == 20


async def test_a_canary_with_other_inputs_is_turned_back_before_its_first_request() -> None:
    world = World()
    world.pods.inputs["canary"] = "double"
    back = await world.at(0)
    assert (back.phase, back.reason, back.weight, back.step_started_at) == ("RolledBack", "SignatureBroken", 0, "")
    assert back.message == "canary takes other inputs than main: input oil was long and is double"
    assert back.history[0].what == "rolled back (SignatureBroken)"
    await world.at(10)
    assert world.pods.described == ["main", "canary"]


async def test_a_canary_that_fails_its_input_example_is_turned_back_before_its_first_request() -> None:
    """A stable predictor that fails its own too shows that the example tells nothing of the new version."""
    world = World()
    world.pods.failed["canary"] = "KeyError: 'gas'"
    back = await world.at(0)
    assert (back.phase, back.reason, back.weight, back.step_started_at) == ("RolledBack", "InputExampleFailed", 0, "")
    assert back.message == "canary cannot answer the input example of its own model: price: KeyError: 'gas'"
    world.pods.failed["main"] = "KeyError: 'gas'"
    assert (await world.at(10, say="retry")).weight == 20


async def test_an_input_example_may_be_ignored() -> None:
    world = World({"inputExample": "Ignore"})
    world.pods.failed["canary"] = "KeyError: 'gas'"
    assert (await world.at(0)).weight == 20


async def test_pods_are_asked_for_their_inputs_once_a_trial_and_again_when_it_is_retried() -> None:
    world = World()
    for second in (0, 1, 10):
        await world.at(second)
    assert (world.pods.described, world.status and world.status.weight) == (["main", "canary"], 20)
    world.pods.inputs["canary"] = "double"
    assert (await world.at(20, say="abort")).reason == "Aborted"
    assert (await world.at(30, say="retry")).reason == "SignatureBroken"
    world.rollout["analysis"] = {**ANALYSIS, "signature": "Ignore"}
    assert (await world.at(41, say="retry")).weight == 20


async def test_a_canary_gets_nothing_while_no_pod_of_its_version_tells_its_inputs() -> None:
    world = World()
    world.pods.served["canary"] = "s3://m/1"
    old = await world.at(0)
    world.pods.served["canary"], world.pods.silent = "s3://m/2", "canary"
    silent = await world.at(10)
    for waiting in (old, silent):
        assert (waiting.reason, waiting.weight) == ("CanaryStarting", 0)
        assert waiting.message.startswith("no ready pod of canary with the pinned models tells its inputs")
        assert next_look(world.sight(), waiting, waiting, later(10)) == 10
    world.pods.silent = ""
    assert (await world.at(20)).weight == 20


async def test_a_stable_predictor_that_does_not_answer_keeps_no_canary_from_its_requests() -> None:
    world = World()
    world.pods.silent = "main"
    assert (await world.at(0, stable=0)).weight == 20
    assert world.pods.described == []


async def test_the_next_look_is_due_at_once_after_a_change_and_else_after_the_interval() -> None:
    world = World()
    first = await world.at(0)
    sight = world.sight()
    now = later(0)
    assert next_look(sight, first, None, now) == 0.1
    assert next_look(sight, first, first, now) == 10
    assert next_look(sight, None, None, now) is None
    done = first.model_copy(update={"phase": "RolledBack", "finished_at": now})
    assert next_look(sight, done, done, now) is None
    assert soonest(None, 3.0, 2.0) == 2.0
    assert soonest(None, None) is None


GATE = {"name": "tickets", "url": "http://gate.ops.svc/", "when": "BeforeStart"}


async def test_a_gate_that_is_open_costs_no_look_and_is_told_the_weight_that_it_opens() -> None:
    world = World(gates=[GATE])
    assert (await world.at(0)).weight == 20
    await world.at(1)
    assert world.gates.asked == ["tickets 20"]


async def test_a_closed_gate_and_a_freeze_are_looked_at_again_though_no_step_has_begun() -> None:
    world = World(gates=[GATE])
    world.gates.code = 503
    held = await world.at(0)
    assert (held.reason, held.weight, next_look(world.sight(), held, held, later(0))) == ("GateClosed", 0, 10)
    await world.at(5)
    world.gates.code = 200
    assert (await world.at(10)).weight == 20
    assert world.gates.asked == ["tickets 20"] * 2
    frozen = World(freeze=[{"from": later(0), "to": later(60)}])
    status = await frozen.at(0)
    assert (status.reason, next_look(frozen.sight(), status, status, later(0))) == ("Frozen", 10)


async def test_who_is_to_know_of_a_rollback_is_told_when_the_canary_is_taken_away() -> None:
    world = World(gates=[{**GATE, "name": "bell", "when": "OnRollBack"}])
    await world.at(0)
    world.rollout["canary"] = "gone"
    world.gates.code = 0
    back = await world.at(1)
    assert (back.phase, back.reason, world.gates.asked) == ("RolledBack", "Superseded", ["bell 0"])
    assert next_look(world.sight(), back, back, later(1)) == 10
    world.gates.code = 200
    told = await world.at(11)
    assert next_look(world.sight(), told, told, later(11)) is None


async def test_gates_of_a_rollout_that_is_no_longer_asked_for_are_forgotten() -> None:
    world = World()
    world.rollout = {}
    sight = look(
        NAME,
        sdep(predictor("main", "s3://m/1")),
        Pinning(PINS, {}, ()),
        world.store,
        OperatorSettings(runtime_image="r"),
    )
    assert await world.rollouts.advance(NAME, sight, None, None, moved=False) is None
    assert world.gates.asked == ["forgotten"]


def by_prometheus() -> World:
    return World({"source": "Prometheus", "noData": "RollBack", "maxDuration": "3m", "metrics": [{"name": "errors"}]})


async def test_prometheus_is_the_source_where_the_analysis_says_so() -> None:
    world = by_prometheus()
    for second in range(0, 60, 10):
        status = await world.at(second)
    assert world.pods.asked == []
    assert (status.phase, status.reason) == ("RolledBack", "AnalysisFailed")
    assert 'deployment_name="prices",predictor_name=~"canary|main"' in world.numbers.asked[0]


async def test_without_the_prometheus_that_is_the_source_nothing_passes_and_the_policy_for_no_data_is_followed() -> (
    None
):
    world = by_prometheus()
    world.numbers.answer = Answer(error="Prometheus does not answer: it is away")
    for second in range(0, 180, 10):
        assert (await world.at(second)).phase == "Progressing"
    status = await world.at(200)
    assert (status.phase, status.reason, status.message) == (
        "RolledBack",
        "NoData",
        "Prometheus does not answer: it is away",
    )


async def test_a_canary_that_no_look_could_pass_is_promoted_by_the_last_one_which_is_taken_when_its_time_is_over() -> (
    None
):
    """Before the interval is over, and once: what stands in the way of the promotion changes nothing of what was told."""
    world = World(
        {"maxDuration": "118s"}, steps=[{"weight": 50, "duration": "1m"}], gates=[{**GATE, "when": "BeforePromotion"}]
    )
    world.gates.code = 503
    for second in range(0, 120, 10):
        status = await world.at(second)
        assert (status.phase, status.collected.last_look) == ("Progressing", "")
    assert [found.verdict for found in status.findings] == ["Inconclusive"]
    waiting = await world.at(118)
    assert (waiting.reason, waiting.collected.last_look) == ("GateClosed", later(118))
    assert [found.verdict for found in (await world.at(128)).findings] == ["Pass"]
    world.gates.code = 200
    done = await world.at(138)
    assert (done.phase, done.history[0].why) == ("Promoted", "every metric passed by the last look")
    assert done.collected.last_look == later(118)


async def test_a_last_look_at_many_failures_lets_other_objects_be_worked_at_meanwhile() -> None:
    world = World({"maxDuration": "118s"}, steps=[{"weight": 50, "duration": "1m"}])
    world.pods.scale = 200
    for second in range(0, 120, 10):
        await world.at(second)
    looked, longest = asyncio.create_task(world.at(118)), 0.0
    begin = before = time.perf_counter()
    while not looked.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        before, longest = now, max(longest, now - before)
    assert (await looked).collected.last_look == later(118)
    assert longest < (time.perf_counter() - begin) / 2


async def test_a_prometheus_that_is_silent_when_the_time_is_over_costs_no_last_look() -> None:
    world = by_prometheus()
    world.rollout["analysis"]["noData"] = "Hold"
    world.numbers.answer = Answer(error="Prometheus does not answer: it is away")
    for second in range(0, 200, 10):
        status = await world.at(second)
    assert (status.phase, status.reason, status.collected.last_look) == ("Paused", "NoData", "")
    world.numbers.answer = Answer("0")
    assert (await world.at(210)).collected.last_look == later(210)
