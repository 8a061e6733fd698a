"""What people look at: every query of every board and rule, asked of a real Prometheus that scrapes real predictors under load."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

import prometheus_client
import pytest
import yaml

from charts.boards.files import FOLDER, texts
from charts.document import CHART
from node import command
from sdep.operator import metrics
from tests.contract.board_queries import NAMES, filled, of_board, of_v1
from tests.contract.busy_operator import COMPARED, ROLLOUT
from tests.contract.under_load import LOADS, ONE_OF_EACH, ROOT, RULES, UnderLoad, under_load

WITHOUT_AN_ANSWER_IN_V1_TOO = 'service=~"/Predict"'
"""v1's board looks for its median where neither v1 nor this runtime puts it; the panel's other four lines are there."""


pytestmark = pytest.mark.usefixtures("prometheus_programs")


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnderLoad]:
    with under_load(tmp_path_factory.mktemp("load")) as made:
        yield made


def _numbers(load: UnderLoad, expr: str) -> list[float]:
    return [float(found["value"][1]) for found in load.query(filled(expr, load.window))]


def _of(board: str, title: str, number: int = 0) -> str:
    """The first query of the first panel of that title."""
    return [expr for panel, expr in of_board(board) if panel == title][number]


def _by_predictor(load: UnderLoad, expr: str) -> dict[str, float]:
    found = load.query(filled(expr, load.window))
    return {series["metric"]["predictor_name"]: float(series["value"][1]) for series in found}


@pytest.mark.parametrize(
    ("panel", "expr"),
    [pytest.param(*query, id=f"{board} - {query[0]}") for board in NAMES for query in of_board(board)],
)
def test_every_query_of_every_panel_has_data(load: UnderLoad, panel: str, expr: str) -> None:
    found = _numbers(load, expr)
    assert found, panel
    assert not any(map(math.isnan, found)), panel


@pytest.mark.parametrize(("panel", "expr"), [pytest.param(*query, id=query[0]) for query in of_v1()])
def test_every_panel_of_the_board_that_users_of_v1_import_has_data(load: UnderLoad, panel: str, expr: str) -> None:
    found = _numbers(load, expr)
    assert bool(found) == (WITHOUT_AN_ANSWER_IN_V1_TOO not in expr), panel
    assert not any(map(math.isnan, found)), panel


def test_requests_and_predictions_are_those_that_were_sent(load: UnderLoad) -> None:
    """`rate` adds to what it saw what it may have missed at both edges of its window: a few percent here."""
    seconds = float(load.window.removesuffix("ms")) / 1000
    rates = _by_predictor(load, [expr for panel, expr in of_board("predictions") if panel == "Requests"][1])
    sent = {name: told.predictions for name, told in LOADS.items()}
    assert {name: rate * seconds for name, rate in rates.items()} == pytest.approx(sent, rel=0.15)
    (counted,) = _numbers(load, "sum (seldon_deployment_prediction_count)")
    assert counted == sum(told.good for told in (*LOADS.values(), ONE_OF_EACH, ONE_OF_EACH))
    assert _numbers(load, _of("predictions", "Predictions")) == [pytest.approx(108, rel=0.15)]


def test_the_share_of_errors_is_that_of_the_requests_that_failed(load: UnderLoad) -> None:
    shares = _by_predictor(load, _of("predictions", "Errors"))
    assert shares == pytest.approx({"main": 0, "canary": 6 / 27}, rel=0.02)
    requests, failed = sum(told.requests for told in LOADS.values()), sum(told.failing for told in LOADS.values())
    assert _numbers(load, _of("predictions", "Success")) == [pytest.approx(1 - failed / requests, abs=0.005)]
    v1 = dict(of_v1())
    assert _numbers(load, v1["Success"]) == [pytest.approx(1 - failed / requests, abs=0.02)]


@pytest.mark.parametrize(("number", "quantile"), [(0, 0.5), (1, 0.95), (2, 0.99)])
def test_latencies_are_those_of_the_predictors_own_histograms(load: UnderLoad, number: int, quantile: float) -> None:
    found = _by_predictor(load, _of("predictions", "Latency", number))
    wanted = {name: _quantile(quantile, counts) for name, counts in load.latencies.items()}
    assert found == pytest.approx(wanted, rel=0.1)
    assert found["canary"] > found["main"]


def _quantile(quantile: float, below: dict[float, int]) -> float:
    """By a straight line through the bucket that it falls into."""
    rank, lower, counted = quantile * below[math.inf], 0.0, 0
    for edge, count in sorted(below.items()):
        if count >= rank:
            return lower if edge == math.inf else lower + (edge - lower) * (rank - counted) / (count - counted)
        lower, counted = edge, count
    raise AssertionError("no predictions")


def test_versions_stand_side_by_side_with_how_right_they_were(load: UnderLoad) -> None:
    assert _by_version(load, "Correct") == pytest.approx({"1": 0.8, "2": 0.4}, rel=0.02)
    rows = [load.query(filled(expr, load.window)) for panel, expr in of_board("models") if panel == "Side by side"]
    labels = [{json.dumps(series["metric"], sort_keys=True) for series in row} for row in rows]
    assert len(labels[0]) == 2
    assert labels == [labels[0]] * 5, "columns of one table have the same rows"


def test_probabilities_are_as_far_off_as_the_feedback_says(load: UnderLoad) -> None:
    """All said 0.8; of one version 8 of 10 were right, of the other 2 of 5."""
    assert _by_version(load, "Expected calibration error") == pytest.approx({"1": 0, "2": 0.4}, abs=0.01)
    assert _by_version(load, "Brier score") == pytest.approx({"1": 0.32, "2": 0.8}, rel=0.03)


def _by_version(load: UnderLoad, title: str) -> dict[str, float]:
    found = load.query(filled(_of("models", title), load.window))
    return {series["metric"]["model_version"]: float(series["value"][1]) for series in found}


def test_what_is_routed_and_how_many_pods_there_are_is_as_the_operator_says(load: UnderLoad) -> None:
    assert _by_predictor(load, _of("predictions", "Share of the traffic", 1)) == {"main": 0.8, "canary": 0.2}
    shares = _by_predictor(load, _of("predictions", "Share of the traffic"))
    assert shares == pytest.approx({"main": 94 / 121, "canary": 27 / 121}, rel=0.05)
    assert _by_predictor(load, _of("predictions", "Pods")) == {"main": 2, "canary": 1}
    assert _by_predictor(load, _of("operator", "Pods that are missing")) == {"main": 0, "canary": 1}


def test_a_rollout_is_where_its_status_says_and_each_finding_lies_between_its_bounds(load: UnderLoad) -> None:
    (phase,) = load.query(filled(_of("rollouts", "Phase"), load.window))
    assert phase["metric"]["phase"] == ROLLOUT["phase"]
    assert [_numbers(load, _of("rollouts", "Step", number)) for number in (0, 1)] == [[2], [3]]
    assert [_numbers(load, _of("rollouts", "Weight", number)) for number in (0, 1)] == [[20], [20]]
    found = load.query(filled(_of("rollouts", "Latency"), load.window))
    bounds = {series["metric"]["bound"]: float(series["value"][1]) for series in found}
    assert bounds == {bound: COMPARED[bound] for bound in ("estimate", "low", "high", "threshold")}


def test_prometheus_evaluates_every_rule_and_records_what_the_alerts_read(load: UnderLoad) -> None:
    rules = load.prometheus.rules()
    assert len(rules) == sum(
        len(group["rules"]) for path in RULES for group in yaml.safe_load(path.read_text())["groups"]
    )
    load.prometheus.until(lambda: {rule["health"] for rule in load.prometheus.rules()} == {"ok"}, "rules are well")
    for rule in rules:
        if rule["type"] == "recording":
            assert load.query(rule["name"]), rule["name"]


def test_promtool_finds_rules_correct_and_doing_what_their_tests_say() -> None:
    checked = command.run(["promtool", "check", "rules", "--lint-fatal", *RULES])
    assert checked.count("SUCCESS") == len(RULES)
    command.run(["promtool", "test", "rules", ROOT / "tests" / "contract" / "rules_test.yaml"])


def test_every_alert_has_a_test_of_when_it_is_raised_and_when_not() -> None:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    tests = yaml.safe_load((ROOT / "tests" / "contract" / "rules_test.yaml").read_text())["tests"]
    told = [case for test in tests for case in test.get("alert_rule_test", ())]
    assert {case["alertname"] for case in told if case["exp_alerts"]} == alerts
    assert {case["alertname"] for case in told if not case["exp_alerts"]} == alerts


def test_boards_are_generated_and_have_what_grafana_needs() -> None:
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == texts(), "run `make generate`"
    for name in NAMES:
        board = json.loads((FOLDER / f"{name}.json").read_text())
        assert board["schemaVersion"] >= 36
        assert re.fullmatch(r"[a-z-]{1,40}", board["uid"])
        panels = board["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
        known = {variable["name"] for variable in board["templating"]["list"]}
        used = set(re.findall(r"\$(?!__)(\w+)", json.dumps(panels)))
        assert used == known, name


def test_boards_and_rules_ask_for_every_metric_of_the_operator_and_for_none_that_nobody_has() -> None:
    operator = {
        f"{metric._name}_total" if isinstance(metric, prometheus_client.Counter) else metric._name
        for metric in vars(metrics).values()
        if isinstance(metric, prometheus_client.metrics.MetricWrapperBase)
    }
    boards = {name: " ".join(expr for _, expr in of_board(name)) for name in NAMES}
    rules = " ".join(path.read_text() for path in RULES)
    words = set(re.findall(r"\b(sdep_[a-z_]+)\b(?!:)", f"{boards} {rules}"))
    asked = {re.sub(r"_(bucket|count|sum)$", "", word) for word in words}
    runtime = set(re.findall(r'"(sdep_[a-z_]+)"', (ROOT / "src/sdep/runtime/metrics.py").read_text()))
    assert operator <= asked <= operator | runtime


def test_the_guide_has_every_rule_and_board_and_every_limit_as_it_is() -> None:
    guide = (ROOT / "docs" / "guides" / "monitoring.md").read_text()
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    named = {rule.get("alert") or rule["record"] for group in groups for rule in group["rules"]}
    assert named == set(re.findall(r"`(SeldonDeploymentFailed|Sdep\w+|sdep_\w+:[\w:]+)`", guide))
    titles = [json.loads(text)["title"] for text in texts().values()]
    assert [title for title in titles if f"| {title} |" not in guide] == []
    limits = yaml.safe_load((CHART / "values.yaml").read_text())["metrics"]["prometheusRule"]["limits"]
    rules = "".join(path.read_text() for path in RULES)
    assert {name: f"> {limit} # {name}" in rules for name, limit in limits.items()} == dict.fromkeys(limits, True)
    assert {name: f"limits.{name}` ({limit})" in guide for name, limit in limits.items()} == dict.fromkeys(limits, True)
