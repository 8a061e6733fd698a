"""What is wrong with gates, windows and notifications is an error that names its field."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.problem import Problem
from sdep.api.validation import problems
from sdep.settings import DEFAULTS, OperatorSettings
from tests.unit.rollout.trials import predictor, sdep

GATE = {"name": "tickets", "url": "http://gate.ops.svc/", "when": "BeforeStep"}
NOTIFY = {"url": "http://bell.ops.svc/"}
SECRET = {"secretKeyRef": {"name": "slack", "key": "url"}}


def found(settings: OperatorSettings = DEFAULTS, **rollout: Any) -> list[Problem]:  # noqa: ANN401 - any field
    body = sdep(predictor("main", "s3://m/1"), predictor("canary", "s3://m/2", traffic=0), rollout=rollout)
    return [problem for problem in problems(body, settings) if "rollout" in problem.field]


@pytest.mark.parametrize(
    ("rollout", "field", "message"),
    [
        ({"gates": [{**GATE, "name": ""}]}, "gates[0].name", "is empty"),
        ({"gates": [GATE, GATE]}, "gates[1].name", "is another gate's too"),
        ({"gates": [{**GATE, "url": "gate"}]}, "gates[0].url", "is no address"),
        ({"gates": [{**GATE, "url": "http://10.0.0.1/"}]}, "gates[0].url", "sends nothing to '10.0.0.1'"),
        ({"gates": [{**GATE, "timeout": "0s"}]}, "gates[0].timeout", "at most 60s"),
        ({"gates": [{**GATE, "timeout": "2m"}]}, "gates[0].timeout", "at most 60s"),
        ({"freeze": [{"from": "Fri 16:00", "to": "noon"}]}, "freeze[0].to", "write a day and a time"),
        ({"freeze": [{"from": "Fri 16:00", "to": "Mon 8:00", "timeZone": "Nowhere"}]}, "freeze[0].timeZone", "Nowhere"),
        ({"notify": [NOTIFY, {}]}, "notify[1]", "either url, or urlFrom"),
        ({"notify": [{**NOTIFY, "urlFrom": SECRET}]}, "notify[0]", "either url, or urlFrom"),
        ({"notify": [{"url": "https://hooks.slack.com/x"}]}, "notify[0].url", "'hooks.slack.com'"),
    ],
)
def test_a_broken_rule_names_its_field(rollout: dict[str, object], field: str, message: str) -> None:
    (problem,) = found(canary="canary", **rollout)
    assert (problem.severity, problem.reason, problem.field) == ("error", "InvalidManifest", f"spec.rollout.{field}")
    assert message in problem.message


def test_what_is_right_with_them_is_no_problem() -> None:
    window = {"from": "Fri 16:00", "to": "Mon 08:00", "timeZone": "Europe/Berlin"}
    assert found(canary="canary", gates=[GATE], freeze=[window], notify=[NOTIFY, {"urlFrom": SECRET}]) == []


def test_an_installation_may_allow_other_hosts() -> None:
    settings = DEFAULTS.model_copy(update={"rollout_allowed_hosts": ("hooks.slack.com",)})
    slack = {"url": "https://hooks.slack.com/x", "form": "Slack"}
    assert found(settings, canary="canary", notify=[slack]) == []
    assert [problem.field for problem in found(settings, canary="canary", gates=[GATE])] == [
        "spec.rollout.gates[0].url"
    ]


def test_a_notification_of_nothing_is_warned_of() -> None:
    (problem,) = found(canary="canary", notify=[{**NOTIFY, "phases": []}])
    assert (problem.severity, problem.field) == ("warning", "spec.rollout.notify[0].phases")


@pytest.mark.parametrize(
    ("analysis", "field", "message"),
    [
        (
            {"metrics": [{"name": "errors", "distance": "ChiSquare"}]},
            "metrics[0].distance",
            "changes nothing of errors",
        ),
        ({"source": "Prometheus", "metrics": [{"name": "predictions"}]}, "metrics[0]", "never has data"),
    ],
)
def test_what_a_metric_does_nothing_with_is_said(analysis: dict[str, object], field: str, message: str) -> None:
    (problem,) = found(canary="canary", analysis=analysis)
    assert (problem.field, problem.reason) == (f"spec.rollout.analysis.{field}", "NoEffect")
    assert message in problem.message
