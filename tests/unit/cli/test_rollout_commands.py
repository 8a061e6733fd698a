"""Commands about rollouts: what they write, when they refuse to, and what they print."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from sdep.api.seldon_deployment import API_VERSION, KIND, parse
from sdep.cli import main
from sdep.rollout.command import COMMAND_ANNOTATION, Command, read_command
from tests.unit.cli.api_server import ApiServer
from tests.unit.cli.cluster_objects import Body, condition, sdep
from tests.unit.cli.rollouts import decided, finding, rollout


def told(server: ApiServer) -> Command:
    """The command as the operator reads it."""
    found = read_command(parse({"apiVersion": API_VERSION, "kind": KIND, **server.body, "spec": {"predictors": []}}))
    assert found
    return found


def obeying(body: Body) -> None:
    """An operator that enters the next step, whatever it is told."""
    command = json.loads(body["metadata"]["annotations"][COMMAND_ANNOTATION])
    body["status"]["rollout"] |= {"command": f"{command['verb']}@{command['at']}", "step": 2, "weight": 50}


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., int]:
    """Run a command against a server; the exit code."""

    def run(server: ApiServer, *arguments: str) -> int:
        with server.kubeconfig(tmp_path) as kubeconfig:
            return main([*arguments, "--kubeconfig", kubeconfig])

    return run


@pytest.mark.parametrize(
    ("line", "phase", "verb"),
    [
        ("promote prices", "Progressing", "promote"),
        ("promote prices", "Paused", "promote"),
        ("promote prices --full", "Progressing", "complete"),
        ("abort prices", "Paused", "abort"),
        ("pause prices", "Progressing", "pause"),
        ("resume prices", "Paused", "resume"),
        ("retry prices", "RolledBack", "retry"),
    ],
)
def test_a_command_is_written_as_the_operator_reads_it(
    line: str, phase: str, verb: str, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    server = ApiServer(sdep(rollout=rollout(phase)))
    assert call(server, *line.split(), "--why", "a reason") == 0
    command = told(server)
    assert (command.verb, command.why) == (verb, "a reason")
    assert datetime.fromisoformat(command.at).tzinfo
    assert capsys.readouterr().out.startswith(f"prices is told to {verb}; rollout of main-new: {phase}, step 2 of 3")


def test_two_commands_within_a_second_are_two(call: Callable[..., int]) -> None:
    server = ApiServer(sdep(rollout=rollout()))
    call(server, "promote", "prices")
    first = told(server).id
    call(server, "promote", "prices")
    assert told(server).id != first


@pytest.mark.parametrize(
    ("line", "phase", "reason"),
    [
        ("promote prices", None, "NoRollout"),
        ("promote prices", "Promoted", "RolloutEnded"),
        ("promote prices --full", "RolledBack", "RolloutEnded"),
        ("abort prices", "RolledBack", "RolloutEnded"),
        ("pause prices", "Promoted", "RolloutEnded"),
        ("pause prices", "Paused", "AlreadyPaused"),
        ("resume prices", "Progressing", "NotPaused"),
        ("resume prices", "RolledBack", "NotPaused"),
        ("retry prices", "Promoted", "NotRolledBack"),
        ("retry prices", "Progressing", "NotRolledBack"),
    ],
)
def test_what_would_change_nothing_is_answered_with_no_and_written_nowhere(
    line: str, phase: str | None, reason: str, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    server = ApiServer(sdep(rollout=rollout(phase)) if phase else sdep())
    assert call(server, *line.split()) == 1
    assert capsys.readouterr().err.startswith(f"sdep {line.partition(' ')[0]}: {reason}: ")
    assert server.body["metadata"]["annotations"] == {}


def test_a_status_that_is_written_meanwhile_does_not_stop_a_command(call: Callable[..., int]) -> None:
    server = ApiServer(sdep(rollout=rollout()), overtaken=3)
    assert call(server, "abort", "prices") == 0
    assert told(server).verb == "abort"


def test_a_command_that_is_overtaken_again_and_again_gives_up(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(ApiServer(sdep(rollout=rollout()), overtaken=100), "abort", "prices") == 3
    assert "Conflict" in capsys.readouterr().err


def test_wait_ends_when_the_operator_has_obeyed(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    server = ApiServer(sdep(rollout=rollout()), operator=obeying)
    assert call(server, "promote", "prices", "--wait", "-o", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["obeyed"]
    assert answer["command"] == told(server).model_dump()
    assert (answer["rollout"]["command"], answer["rollout"]["step"]) == (told(server).id, 2)


def test_wait_ends_after_its_timeout_where_nobody_obeys(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    server = ApiServer(sdep(rollout=rollout()))
    assert call(server, "pause", "prices", "--wait", "--timeout", "300ms") == 3
    assert capsys.readouterr().err.startswith("sdep pause: NotObeyed: prices is told to pause")
    assert told(server).verb == "pause"


def test_history_has_the_decisions_after_the_models(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    history = [decided("promoted", "checked", by="ann"), decided("step 1 of 3 passed")]
    pin = {"predictor": "main", "unit": "m", "uri": "models:/price/1", "artifactUri": "s3://1", "version": "1"}
    body = sdep(models=[{**pin, "name": "price"}], rollout=rollout(history=history))
    assert call(ApiServer(body), "history", "prices", "-o", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [entry["by"] for entry in answer["decisions"]] == ["ann", "analysis"]
    assert call(ApiServer(body), "history", "prices") == 0
    parts = capsys.readouterr().out.split("\n\n")
    assert [part.splitlines()[0] for part in parts] == ["main/m  models:/price/1", "rollout"]
    assert call(ApiServer(sdep()), "history", "prices", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["decisions"] == []


def test_explain_prints_what_is_served_and_below_it_why_the_canary_is_not(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    slow = finding("latency", "Fail", "twice as slow")
    told = rollout("RolledBack", "AnalysisFailed", "twice as slow", findings=[slow])
    said = (condition("Ready", "Ready", status="True"), condition("RolloutComplete", "AnalysisFailed", "twice as slow"))
    body = sdep(*said, rollout=told, predictors=[{"name": "main", "traffic": 100}])
    assert call(ApiServer(body), "explain", "prices") == 0
    assert capsys.readouterr().out.splitlines() == [
        "✔ prices is Ready and serves",
        "  main: no model; 100% of the traffic; 0 of 0 pods ready",
        "",
        "◌ prices is Ready, and its rollout is not complete",
        "└─ condition RolloutComplete: AnalysisFailed",
        "   └─ rollout main-new: was turned back at step 2 of 3",
        "      └─ finding latency: Fail",
        "         twice as slow",
        "",
        "To do: Correct the canary: another version of it is tried by itself. `sdep retry prices` tries the same one again.",
    ]
