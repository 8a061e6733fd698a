"""Each form of a query is asked of a real Prometheus, and its finding is the right one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from sdep.api.status import Finding, RolloutStatus
from sdep.operator.prometheus import PrometheusDoor
from sdep.operator.queries import Queries
from tests.contract.prometheus import Prometheus, prometheus
from tests.unit.rollout.trials import later, seen, trial, walk

pytestmark = pytest.mark.usefixtures("prometheus_programs")

RULES = """
groups:
- name: predictions
  rules:
  - {record: predictions_total, expr: time(), labels: {namespace: data, deployment_name: prices, predictor_name: canary}}
  - {record: predictions_total, expr: 2 * time(), labels: {namespace: data, deployment_name: prices, predictor_name: main}}
"""
OF = 'predictions_total{namespace="{{namespace}}",deployment_name="{{name}}",predictor_name="%s"}'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yaml").write_text(RULES)
    with prometheus(folder, [], [folder / "rules.yaml"]) as made:
        made.until(lambda: bool(made.query("count_over_time(predictions_total[1m]) > 3")), "no rule was evaluated")
        yield made


@pytest.fixture
async def queries(running: Prometheus) -> AsyncIterator[Queries]:
    async with aiohttp.ClientSession() as http:
        yield Queries(PrometheusDoor(http, running.url))


async def found(queries: Queries, query: str, looks: int = 1, **more: object) -> Finding:
    """What the query says after so many looks, a minute into a step."""
    under = trial(analysis={"queries": [{"name": "asked", "query": query, **more}], "interval": "30s"})
    status: RolloutStatus = walk(under, (0, seen()))
    for look in range(looks):
        counts, (finding,) = await queries.judged(("data", "prices"), under, status, later(60 + 30 * look))
        status = status.model_copy(update={"collected": status.collected.model_copy(update={"queries": counts})})
    return finding


@pytest.mark.parametrize(
    ("query", "conditions", "verdict"),
    [
        ("vector(0.02)", {"success": "< 0.05"}, "Pass"),
        ("vector(0.02)", {"success": "< 0.01"}, "Fail"),
        ("scalar(vector(0.02))", {"failure": "> 0.01"}, "Fail"),
        ("vector(0.02)", {"success": "< 0.01", "failure": ">= 0.05"}, "Inconclusive"),
        ("vector(1/0)", {"failure": "> 1e300"}, "Fail"),
        ("scalar(vector(0.02))", {"failure": "> 0.01", "failureLimit": 1}, "Inconclusive"),
        (f"sum(rate({OF % '{{canary}}'}[{{{{interval}}}}])) > bool 0", {"success": "== 1"}, "Pass"),
        (
            f"avg(rate({OF % '{{stable}}'}[{{{{step}}}}])) / avg(rate({OF % '{{canary}}'}[{{{{step}}}}]))",
            {"success": "> 1.5"},
            "Pass",
        ),
    ],
)
async def test_a_number_is_judged_by_its_comparisons(
    queries: Queries, query: str, conditions: dict[str, object], verdict: str
) -> None:
    finding = await found(queries, query, **conditions)
    assert finding.verdict == verdict, finding.message
    assert finding.samples == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("nobody_counts_this", "there is no series"),
        ("predictions_total", "more than one series"),
        ("vector(0/0)", "NaN"),
        ("predictions_total[1m]", "is a matrix and no number"),
        ('"text"', "is a string and no number"),
        ("sum(", "Prometheus answers 400: invalid parameter"),
    ],
)
async def test_what_is_no_number_is_no_data_only_after_too_many_looks_and_never_a_failure(
    queries: Queries, query: str, message: str
) -> None:
    finding = await found(queries, query, 2, success="< 1", errorLimit=1)
    assert finding.verdict == "NoData"
    assert finding.message.startswith("no number 2 times in a row, 1 are allowed")
    assert message in finding.message


async def test_a_failure_stays_one_while_nothing_is_answered(queries: Queries) -> None:
    assert (await found(queries, "vector(2)", 3, success="< 1", failureLimit=2, dryRun=True)).verdict == "Fail"
