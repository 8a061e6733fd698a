"""What a real Prometheus knows of real engines is the evidence that the engines tell themselves, as far as its metrics go."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from sdep.api.rollout import Analysis
from sdep.api.status import Collected
from sdep.evidence.evidence import Evidence
from sdep.evidence.exposed import BUCKETS
from sdep.operator.evidence import Asked
from sdep.operator.prometheus import PrometheusDoor
from sdep.operator.queries import Queries
from sdep.rollout.analysis import Look, analyse
from sdep.rollout.collect import Told, gathered
from tests.contract.prometheus import Prometheus, job, prometheus
from tests.contract.under_load import LOADS, Load, engine, save_model, send
from tests.unit.rollout.trials import trial
from tests.unit.runtime.program import Running

pytestmark = pytest.mark.usefixtures("prometheus_programs")

NAME = ("n", "prices")
BEFORE = Load("", seconds=0.0, good=5, failing=2, refused=3, correct=1, incorrect=0)
GOOD = Load("", seconds=0.0, good=60, failing=0, refused=2, correct=0, incorrect=3)
BAD = Load("", seconds=0.03, good=40, failing=30, refused=3, correct=2, incorrect=0)
UNDER = trial(analysis={"source": "Prometheus"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, dict[str, Running]]]:
    folder = tmp_path_factory.mktemp("scraped")
    save_model(folder)
    with ExitStack() as closing:
        engines = {name: closing.enter_context(engine(folder, name)) for name in LOADS}
        jobs = [job(name, one.port, "/prometheus", namespace="n", pod=f"{name}-1") for name, one in engines.items()]
        yield closing.enter_context(prometheus(folder, jobs, [])), engines


@pytest.fixture
async def queries(running: tuple[Prometheus, dict[str, Running]]) -> AsyncIterator[Queries]:
    async with aiohttp.ClientSession() as http:
        yield Queries(PrometheusDoor(http, running[0].url))


def moment() -> str:
    """Now, to the second below: a scrape of this second is one since then."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pods(created: str) -> list[Asked]:
    sides = {"main": "stable", "canary": "canary"}
    return [
        Asked({"metadata": {"name": f"{name}-1", "uid": name, "creationTimestamp": created}}, side, 8000)  # type: ignore[arg-type]
        for name, side in sides.items()
    ]


def own(told: Running) -> Evidence:
    with urllib.request.urlopen(f"http://127.0.0.1:{told.port}/evidence", timeout=10) as answer:
        return Evidence.model_validate(json.load(answer))


async def until_told(queries: Queries, requests: int, since: str, asked: list[Asked]) -> list[Told]:
    """What Prometheus tells as soon as it has scraped all of the requests."""
    deadline = time.monotonic() + 30
    while True:
        told, why = await queries.told(NAME, UNDER, asked, since)
        if not why and sum(one.evidence.requests for one in told) >= requests:
            return told
        assert time.monotonic() < deadline, why or told


async def test_a_step_is_judged_by_what_prometheus_has_scraped_since_it_began(
    queries: Queries, running: tuple[Prometheus, dict[str, Running]]
) -> None:
    """What pods did before the step does not count, and of the rest every request does; the canary that fails and is slow fails."""
    _, engines = running
    for one in engines.values():
        send(one, BEFORE)
    asked = pods("2026-01-01T00:00:00Z")
    since = moment()
    first = await until_told(queries, 2 * BEFORE.predictions, since, asked)
    collected = gathered(Collected(since=since), first, {"main", "canary"}, since)
    assert collected.stable.requests == 0
    send(engines["main"], GOOD)
    send(engines["canary"], BAD)
    loads = (GOOD, BAD)
    everything = sum(load.predictions + BEFORE.predictions for load in loads)
    told = await until_told(queries, everything, since, asked)
    for one in told:
        exact = own(engines[one.uid])
        assert (one.evidence.requests, one.evidence.errors) == (exact.requests, exact.errors)
        assert one.evidence.refusals == exact.refusals
        for edge in BUCKETS[2:]:  # two digits of the engine's own latency are enough above 10 ms
            upto = sum(count for seconds, count in exact.latency.counts.items() if seconds <= edge)
            assert abs(sum(count for up, count in one.evidence.latency.counts.items() if up <= edge) - upto) <= 1
    collected = gathered(collected, told, {"main", "canary"}, moment())
    counts = [(arm.requests, arm.errors, arm.refusals) for arm in (collected.stable, collected.canary)]
    assert counts == [(load.predictions, load.failing, load.refused) for load in loads]
    found = {
        finding.metric: finding
        for finding in analyse(Analysis(), collected.stable, collected.canary, Look(steps=3, share=None))
    }
    assert (found["errors"].verdict, found["refusals"].verdict) == ("Fail", "Inconclusive")


async def test_a_pod_that_was_not_scraped_since_the_step_began_has_told_nothing(queries: Queries) -> None:
    told, why = await queries.told(NAME, UNDER, pods("2026-01-01T00:00:00Z"), "2999-01-01T00:00:00Z")
    assert told == []
    assert why.startswith("Prometheus has scraped no pod of the canary predictor since the step began")


async def test_a_pod_without_requests_has_told_that_there_were_none(tmp_path: Path) -> None:
    """So that its first request counts, although Prometheus had no series of it when the step began."""
    save_model(tmp_path)
    with engine(tmp_path, "main") as main, engine(tmp_path, "canary") as canary:
        jobs = [
            job(name, one.port, "/prometheus", namespace="n", pod=f"{name}-1")
            for name, one in (("main", main), ("canary", canary))
        ]
        with prometheus(tmp_path, jobs, []) as made:
            async with aiohttp.ClientSession() as http:
                told = await until_told(
                    Queries(PrometheusDoor(http, made.url)), 0, moment(), pods("2026-01-01T00:00:00Z")
                )
    assert [one.evidence for one in told] == [Evidence(bucketed=True)] * 2


async def test_a_prometheus_that_is_away_tells_why() -> None:
    async with aiohttp.ClientSession() as http:
        told, why = await Queries(PrometheusDoor(http, "http://127.0.0.1:9")).told(
            NAME, UNDER, pods(moment()), moment()
        )
        assert (told, why.partition(":")[0]) == ([], "Prometheus does not answer")
        told, why = await Queries(PrometheusDoor(http, "")).told(NAME, UNDER, pods(moment()), moment())
        assert (told, why.partition(":")[0]) == ([], "there is no Prometheus to ask")
