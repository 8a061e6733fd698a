"""How a rollout is shown: in the tree, as lines of a log, and its decisions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sdep.cli.rollout_view import decision_lines
from sdep.cli.status_view import lines, plain_lines
from sdep.cli.terminal import Terminal
from sdep.diagnosis.rollout import read_rollout
from sdep.diagnosis.tree import View, view
from sdep.errors import InvalidError
from tests.unit.cli.cluster_objects import Body, condition, deployment, gathered, not_ready, sdep
from tests.unit.cli.rollouts import decided, finding, rollout

NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
PLAIN = Terminal(colours=False, unicode=True, width=None)
ERRORS = "2.1 % of 480 requests failed, 0.4 % of the stable predictor's"


def seen(told: Body, *conditions: Body) -> View:
    return view(gathered(sdep(*(conditions or (condition("Ready", "Ready", status="True"),)), rollout=told)))


def test_the_tree_has_the_step_the_weight_the_findings_and_the_last_decision() -> None:
    findings = [
        finding("errors", "Pass", "no more errors"),
        finding("latency", "Inconclusive"),
        finding("predictions", "Fail", "they moved", dryRun=True),
    ]
    history = [decided("step 1 of 3 passed", "every metric passed"), decided("trial began")]
    assert list(lines(seen(rollout(findings=findings, history=history)), PLAIN, NOW))[3:] == [
        "└─ ◌ rollout of main-new: Progressing · step 2 of 3 · weight 25%  for 60s",
        "   │  60s ago analysis: step 1 of 3 passed: every metric passed",
        "   ├─ ✔ errors: no more errors",
        "   ├─ ◌ latency: Inconclusive",
        "   └─ ✖ predictions (dry run): they moved",
    ]


def test_a_canary_that_was_turned_back_says_why_once() -> None:
    ended = rollout("RolledBack", "AnalysisFailed", ERRORS, finishedAt="2026-01-01T00:03:00Z")
    told = {**ended, "history": [decided("rolled back (AnalysisFailed)", ERRORS, at="2026-01-01T00:03:00Z")]}
    assert list(lines(seen(told), PLAIN, NOW))[3:] == [
        "└─ ✖ rollout of main-new: RolledBack · step 2 of 3  2m ago",
        "      2m ago analysis: rolled back (AnalysisFailed)",
        f"      AnalysisFailed: {ERRORS}",
    ]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (rollout(stepStartedAt="", step=0, weight=0), "◌ rollout of main-new: Progressing · step 1 of 3 · weight 0%"),
        (rollout(mirror=20, weight=0), "◌ rollout of main-new: Progressing · step 2 of 3 · mirror 20%  for 60s"),
        (rollout("Promoted", "Promoted", finishedAt="2026-01-01T00:00:00Z"), "✔ rollout of main-new: Promoted  5m ago"),
    ],
)  # fmt: skip
def test_its_place_is_said_by_what_there_is_to_say(told: Body, said: str) -> None:
    assert f"└─ {said}" in list(lines(seen(told), PLAIN, NOW))


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_of_it_is_wider_than_the_terminal(width: int) -> None:
    told = rollout("Paused", "Inconclusive", ERRORS, findings=[finding("errors", "Inconclusive", ERRORS)])
    narrow = Terminal(colours=False, unicode=True, width=width)
    assert max(len(line) for line in lines(seen(told), narrow, NOW)) <= width
    history = read_rollout({"rollout": {**told, "history": [decided("paused (Inconclusive)", ERRORS)]}})
    assert history
    assert max(len(line) for line in decision_lines(history.history, narrow, NOW)) <= width


def test_its_condition_says_the_same_and_is_left_out() -> None:
    waiting = not_ready("RolloutComplete", "Analysing", "step 2 of 3")
    assert seen(rollout(), *waiting).conditions == []
    (shown,) = view(gathered(sdep(*waiting))).conditions
    assert shown.type == "RolloutComplete"


@pytest.mark.parametrize(("phase", "symbol"), [("Progressing", "◌"), ("Paused", "◌"), ("RolledBack", "✖")])
def test_the_symbol_of_what_is_not_ready_for_its_rollout_follows_the_phase(phase: str, symbol: str) -> None:
    shown = seen(rollout(phase, "Why", "because"), *not_ready("RolloutComplete", "Why", "because"))
    assert next(lines(shown, PLAIN, NOW)) == f"{symbol} prices  Creating, not Ready"


def test_the_view_is_data_without_the_evidence() -> None:
    told = rollout(
        findings=[finding("errors", "Pass", samples=40)], history=[decided("trial began")], collected={"at": "x"}
    )
    dumped = seen(told).model_dump(mode="json", by_alias=True)["rollout"]
    assert (dumped["phase"], dumped["step"], dumped["weight"], dumped["canary"]) == ("Progressing", 1, 25, "main-new")
    assert dumped["findings"][0]["samples"] == 40
    assert dumped["decided"]["what"] == "trial began"
    assert {"collected", "history"} & dumped.keys() == set()
    assert view(gathered(sdep())).model_dump(mode="json", by_alias=True)["rollout"] is None


def test_a_log_of_it_has_a_new_line_only_where_something_was_decided() -> None:
    first, second = (
        rollout(findings=[finding("errors", "Inconclusive", f"of {n} requests")], history=[decided("trial began")])
        for n in (100, 120)
    )
    assert list(plain_lines(seen(first))) == list(plain_lines(seen(second)))
    failed = rollout("RolledBack", "AnalysisFailed", ERRORS, findings=[finding("errors", "Fail", ERRORS)])
    assert list(plain_lines(seen({**failed, "history": [decided("rolled back", ERRORS)]})))[-3:] == [
        "models/prices rollout of main-new: RolledBack, step 2 of 3",
        f"models/prices finding errors: Fail: {ERRORS}",
        f"models/prices decision: analysis: rolled back: {ERRORS}",
    ]


def test_a_canary_that_the_operator_made_is_a_predictor_of_the_tree() -> None:
    made = {"name": "main-canary", "traffic": 5, "requestedTraffic": 5}
    body = sdep(predictors=[made], rollout=rollout(canary="main-canary"))
    shown = view(gathered(body, deployment("prices-main-canary-0-m")))
    assert [(part.name, len(part.deployments)) for part in shown.predictors][-1] == ("main-canary", 1)
    assert shown.leftover == []


def test_decisions_stand_one_a_line() -> None:
    history = [decided("rolled back (Aborted)", "complaints", by="ann"), decided("trial began")]
    told = read_rollout({"rollout": rollout(history=history)})
    assert told
    assert list(decision_lines(told.history, PLAIN, NOW)) == [
        "rollout",
        "  60s ago  ann       rolled back (Aborted): complaints",
        "  60s ago  analysis  trial began",
    ]


def test_a_rollout_of_another_shape_is_said_to_be_unreadable() -> None:
    with pytest.raises(InvalidError) as refused:
        read_rollout({"rollout": {"phase": "Dancing"}})
    assert refused.value.reason == "StatusUnreadable"


def test_what_holds_it_within_a_step_is_said_and_explained() -> None:
    held = rollout(reason="GateClosed", message="gate tickets answers 403: not yet")
    shown = list(lines(seen(held), PLAIN, NOW))
    assert shown[3].startswith("└─ ◌ rollout of main-new: Progressing · step 2 of 3 · weight 25%")
    assert "GateClosed: gate tickets answers 403: not yet" in shown[4]


def test_a_fresh_baseline_is_shown_after_the_canary_while_it_is_there() -> None:
    made = [{"name": name, "traffic": 5, "requestedTraffic": 5} for name in ("main-canary", "main-baseline")]
    told = rollout(canary="main-canary", baseline="main-baseline")
    shown = view(gathered(sdep(predictors=made, rollout=told)))
    assert [part.name for part in shown.predictors] == ["main", "main-new", "main-canary", "main-baseline"]
    gone = view(gathered(sdep(predictors=made[:1], rollout=told)))
    assert [part.name for part in gone.predictors] == ["main", "main-new", "main-canary"]
