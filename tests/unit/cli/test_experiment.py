"""How an experiment is shown: in the tree, as lines of a log, and by its own command."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sdep.cli import main
from sdep.cli.status_view import lines, plain_lines
from sdep.cli.terminal import Terminal
from sdep.diagnosis.tree import view
from tests.unit.cli.api_server import ApiServer
from tests.unit.cli.cluster_objects import Body, condition, gathered, sdep

NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
PLAIN = Terminal(colours=False, unicode=True, width=None)
FINDING: Body = {
    "metric": "correct",
    "arm": "b",
    "reference": "a",
    "verdict": "Better",
    "estimate": -20.0,
    "low": -26.0,
    "high": -13.0,
    "message": "b is better by 20.0 points",
}
UNDECIDED = condition("ExperimentDecided", "Undecided", "b may be better", status="False")


def experiment(winner: str = "b") -> Body:
    arm = {"requests": 1200, "errors": 3, "latencyP50": 0.0123, "models": ["price:1"], "correct": 600, "incorrect": 400}
    return {
        "phase": "Decided" if winner else "Running",
        "reason": "WinnerDeclared" if winner else "Undecided",
        "message": f"{winner} wins by correct: {FINDING['message']}" if winner else "",
        "winner": winner,
        "goal": "correct",
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T00:04:00Z" if winner else "",
        "arms": [{"name": "a", **arm}, {"name": "b", **arm, "meanReward": 0.25, "rewards": 80}],
        "findings": [FINDING],
        "collected": {"arms": {"a": {"requests": 1200}}},
    }


def body(winner: str = "b") -> Body:
    return sdep(condition("Ready", "Ready", status="True"), UNDECIDED, experiment=experiment(winner))


def test_the_tree_has_who_wins_and_why_and_no_line_for_its_condition() -> None:
    assert list(lines(view(gathered(body())), PLAIN, NOW))[3:] == [
        "└─ ✔ experiment by correct: Decided · b wins  60s ago",
        "   └─ ✔ correct: b is better by 20.0 points",
    ]
    assert "└─ ◌ experiment by correct: Running · Undecided  for 5m" in list(
        lines(view(gathered(body(""))), PLAIN, NOW)
    )
    log = list(plain_lines(view(gathered(body()))))
    assert log[-2:] == [
        "models/prices experiment by correct: Decided, b wins",
        "models/prices finding correct: b beside a: Better",
    ]


@pytest.mark.parametrize(("winner", "code"), [("b", 0), ("", 1)])
def test_the_report_has_each_arm_each_finding_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, winner: str, code: int
) -> None:
    server = ApiServer(body(winner))
    with server.kubeconfig(tmp_path) as kubeconfig:
        assert main(["experiment", "prices", "--kubeconfig", kubeconfig]) == code
        shown = capsys.readouterr().out
        assert main(["experiment", "prices", "-o", "json", "--kubeconfig", kubeconfig]) == code
        told = json.loads(capsys.readouterr().out)["experiment"]
    (arm,) = [line for line in shown.splitlines() if line.startswith("  b ") and "1,200" in line]
    assert arm.split()[:4] == ["b", "1,200", "3", "12.3"]
    assert "60.0 % of 1,000" in arm
    assert "0.250 of 80" in arm
    assert "correct  b beside a: Better" in shown
    assert (told["winner"], "collected" in told) == (winner, False)


def test_without_an_experiment_it_says_how_to_ask_for_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ApiServer(sdep(condition("Ready", "Ready", status="True"))).kubeconfig(tmp_path) as kubeconfig:
        assert main(["experiment", "prices", "--kubeconfig", kubeconfig]) == 1
    assert "NoExperiment: prices has no experiment: spec.experiment asks for one" in capsys.readouterr().err
