"""What a query's numbers say of a canary: by two comparisons, and by how often they were bad or missing."""

from __future__ import annotations

import pytest

from sdep.api.query import Query, holds
from sdep.api.status import Finding, Measured
from sdep.rollout.analysis.query import Answer, finding, measured, promql
from tests.unit.rollout.trials import trial

NONE = Answer(error="there is no series")


def query(**more: object) -> Query:
    if not more.keys() & {"success", "failure"}:
        more["failure"] = ">= 0.05"
    return Query.model_validate({"name": "refunds", "query": "up", **more}, by_alias=True, by_name=False)


def said(asked: Query, *answers: Answer | str) -> Finding:
    counts = Measured()
    for answer in answers:
        counts = measured(asked, Answer(answer) if isinstance(answer, str) else answer, counts)
        counts = Measured.model_validate_json(counts.model_dump_json(by_alias=True))
    return finding(asked, counts)


@pytest.mark.parametrize(
    ("conditions", "verdicts"),
    [
        ({"success": "< 0.01", "failure": ">= 0.05"}, ["Pass", "Inconclusive", "Fail"]),
        ({"success": "< 0.01"}, ["Pass", "Fail", "Fail"]),
        ({"failure": ">= 0.05"}, ["Pass", "Pass", "Fail"]),
        ({"success": "< 1", "failure": "< 1"}, ["Fail", "Fail", "Fail"]),
    ],
)
def test_one_comparison_means_the_other_by_its_negation_and_between_both_nothing_is_clear(
    conditions: dict[str, str], verdicts: list[str]
) -> None:
    assert [said(query(**conditions), value).verdict for value in ("0.001", "0.02", "0.05")] == verdicts


@pytest.mark.parametrize(
    ("comparison", "true"),
    [("< 2", "1"), ("<= 2", "12"), ("> 2", "3"), (">= 2", "23"), ("== 2", "2"), ("!= 2", "13"), ("<2e0", "1")],
)
def test_each_comparison_is_of_the_number_before_it(comparison: str, true: str) -> None:
    assert [value for value in "123" if holds(comparison, float(value))] == list(true)


def test_no_more_numbers_may_be_bad_than_the_limit_says() -> None:
    strict, lenient = query(), query(failureLimit=1)
    assert said(strict, "0", "1").verdict == "Fail"
    assert said(strict, "1", "0").verdict == "Fail"
    assert said(lenient, "0", "1").verdict == "Inconclusive"
    assert said(lenient, "0", "1", "0").verdict == "Pass"
    assert said(lenient, "1", "0", "1").verdict == "Fail"


@pytest.mark.parametrize("missing", [NONE, Answer("NaN")])
def test_looks_without_a_number_count_only_in_a_row_and_are_no_failure(missing: Answer) -> None:
    under = query(errorLimit=1)
    assert said(under, missing).verdict == "NoData"
    assert said(under, "0", missing).verdict == "Pass"
    assert said(under, "0", missing, missing).verdict == "NoData"
    assert said(under, missing, "0", missing).verdict == "Pass"
    assert said(under, "1", missing, missing, missing).verdict == "Fail"


def test_an_infinite_number_is_one() -> None:
    found = said(query(), "+Inf")
    assert (found.verdict, found.estimate) == ("Fail", None)


def test_a_finding_says_the_number_the_comparisons_and_what_is_allowed() -> None:
    found = said(query(success="< 0.01", failure=">= 0.05", dryRun=True, failureLimit=2), "0.06", "0.02", NONE)
    assert (found.metric, found.samples, found.estimate, found.threshold, found.dry_run) == (
        "refunds",
        2,
        0.02,
        0.05,
        True,
    )
    assert found.message == (
        "0.02 is neither good nor bad (success < 0.01, failure >= 0.05); 1 of 2 measurements were bad, 2 are allowed; "
        "no number 1 times in a row, 4 are allowed: there is no series"
    )
    assert said(query(), NONE).message == "no number 1 times in a row, 4 are allowed: there is no series"


def test_placeholders_are_filled_in_and_braces_of_promql_stay() -> None:
    text = 'rate(x{ns="{{namespace}}",d="{{ name }}",p=~"{{canary}}|{{stable}}"}[{{interval}}]) or y[{{step}}]'
    under = trial(analysis={"interval": "1.5s"})
    assert promql(query(query=text), under, "data", "prices", 90) == (
        'rate(x{ns="data",d="prices",p=~"canary|main"}[1500ms]) or y[90s]'
    )
    assert promql(query(query="x[{{step}}]"), under, "data", "prices", 0) == "x[1s]"
