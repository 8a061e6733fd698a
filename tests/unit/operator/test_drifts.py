"""Pods are asked for what they saw at each interval, and what is new of it is added to the window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sdep.contract import HTTP_PORT
from sdep.evidence.watched import PATH, Watched
from sdep.operator.drifts import Drifts, next_drift_look
from sdep.operator.evidence import EvidenceDoor
from sdep.operator.store import Store
from sdep.plan import Plan
from sdep.render.names import predictor_service
from sdep.rollout.weights import requested
from sdep.settings import DEFAULTS
from tests.unit.drift.streams import columns, profile, told
from tests.unit.rollout.trials import later, predictor, sdep

NAME = ("default", "prices")
SHARED = profile()
ADDRESS = "127.29.0.1"


class Engine:
    """Tells what it is set to; `asked` counts how often."""

    def __init__(self) -> None:
        self.told = Watched()
        self.asked = 0

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(text=self.told.model_dump_json(by_alias=True), content_type="application/json")


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """At an engine's own port, of an address that no other test has."""
    made = Engine()
    app = web.Application()
    app.router.add_get(PATH, made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, ADDRESS, HTTP_PORT).start()
    yield made
    await runner.cleanup()


def plan(**detector: object) -> Plan:
    written = sdep(predictor("main", driftDetector={"interval": "10s", **detector}))
    return Plan(written, {("main", "price"): None}, requested(written.spec.predictors), DEFAULTS)  # type: ignore[dict-item]


def pod(of: Plan, uid: str, started: float) -> dict[str, Any]:
    service = predictor_service(of, of.sdep.spec.predictors[0])
    metadata = {
        "name": uid,
        "uid": uid,
        "namespace": "default",
        "creationTimestamp": later(started),
        "resourceVersion": "1",
    }
    labels = {"seldon-app": service, "seldon-deployment-id": "prices"}
    return {"metadata": {**metadata, "labels": labels}, "status": {"podIP": ADDRESS}}


async def test_a_pod_is_asked_at_each_interval_and_only_what_is_new_is_added(engine: Engine) -> None:
    """A pod that began within the window counts whole; a look before its time asks nobody."""
    store, of, now = Store(), plan(), [0.0]
    store.put_pod(pod(of, "young", 1))
    oil, gas, colour = columns(3, 300)
    async with aiohttp.ClientSession() as http:
        drifts = Drifts(EvidenceDoor(http), store, lambda: later(now[0]))
        states = await drifts.look(NAME, of, [])
        assert (states[0].reason, states[0].rows) == ("Collecting", 0)
        for second, rows, seen in ((5, 100, 0), (10, 100, 100), (20, 300, 300)):
            now[0] = second
            engine.told = told([oil[:rows], gas[:rows], colour[:rows]], of=SHARED)
            states = await drifts.look(NAME, of, states)
            assert states[0].rows == seen
    assert engine.asked == 3


async def test_what_an_old_pod_saw_before_the_first_question_is_not_counted(engine: Engine) -> None:
    """An operator that begins anew does not know what of it is in the window already."""
    store, of, now = Store(), plan(), [100.0]
    store.put_pod(pod(of, "old", 1))
    oil, gas, colour = columns(3, 300)
    async with aiohttp.ClientSession() as http:
        drifts = Drifts(EvidenceDoor(http), store, lambda: later(now[0]))
        engine.told = told([oil[:200], gas[:200], colour[:200]], of=SHARED)
        states = await drifts.look(NAME, of, [])
        assert states[0].rows == 0
        now[0], engine.told = 110.0, told([oil, gas, colour], of=SHARED)
        states = await drifts.look(NAME, of, states)
        assert states[0].rows == 100


async def test_a_pod_without_reference_data_says_why(engine: Engine) -> None:
    """Its own words are the condition's."""
    store, of = Store(), plan()
    store.put_pod(pod(of, "young", 1))
    engine.told = Watched(reason="ReferenceNotFound", message="log a table")
    async with aiohttp.ClientSession() as http:
        (state,) = await Drifts(EvidenceDoor(http), store, lambda: later(5)).look(NAME, of, [])
    assert (state.reason, state.message) == ("ReferenceNotFound", "log a table")


def test_who_has_no_detector_is_not_looked_at_again() -> None:
    """Only a detector's interval asks for another look."""
    assert next_drift_look(plan()) == 10
    bare = sdep(predictor("main"))
    assert next_drift_look(Plan(bare, {}, requested(bare.spec.predictors), DEFAULTS)) is None
