"""What is wrong with a query of a rollout is said before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.validation import problems
from sdep.errors import InvalidError
from tests.unit.rollout.trials import predictor, sdep

GOOD: dict[str, Any] = {"name": "refunds", "query": 'sum(x{n="{{namespace}}"})', "success": "< 0.01"}


def judged(*queries: dict[str, Any], **analysis: object) -> list[tuple[str, str]]:
    rollout = {"canary": "canary", "analysis": {"queries": list(queries), **analysis}}
    body = sdep(predictor("main", traffic=90), predictor("canary", traffic=10), rollout=rollout)
    return [(problem.field, problem.message) for problem in problems(body) if problem.severity == "error"]


def test_a_good_query_is_not_spoken_of() -> None:
    assert judged(GOOD, {**GOOD, "name": "other", "failure": ">= 1e-3", "dryRun": True, "initialDelay": "1m"}) == []


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"query": "up{a='{{pod}}'}"}, ".query", "{{pod}} is no placeholder; there are: {{namespace}}, {{name}}"),
        ({"query": "up{a='{{name}'}"}, ".query", "does not end"),
        ({"query": " "}, ".query", "is empty"),
        ({"name": ""}, ".name", "is empty"),
        ({"name": "errors"}, ".name", "a built-in metric"),
        ({"success": None}, "", "neither success nor failure"),
        ({"initialDelay": "1h"}, ".initialDelay", "no less than maxDuration"),
    ],
)
def test_what_is_wrong_names_its_field(change: dict[str, Any], field: str, message: str) -> None:
    (found,) = judged({**GOOD, **change})
    assert found[0] == f"spec.rollout.analysis.queries[0]{field}"
    assert message in found[1]


def test_two_queries_have_two_names() -> None:
    assert [field for field, _ in judged(GOOD, GOOD)] == [
        "spec.rollout.analysis.queries[0].name",
        "spec.rollout.analysis.queries[1].name",
    ]


@pytest.mark.parametrize("text", ["0.01", "< ", "< x", "=< 1", "< 1 or > 3", "result < 1", "< nan"])
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match=r"success.*is no comparison: write one of"):
        judged({**GOOD, "success": text})
