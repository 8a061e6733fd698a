"""The command line against a real cluster, its operator and its registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.kubectl import Target, until
from tests.node.mlflow import Mlflow
from tests.node.sdep import NAMESPACE, apply, manifest, status, unit, wait_for, wait_ready

MODEL = "commodity_price_predictor"
ALIAS = "cli-test"


class CommandLine:
    """`sdep` as a user of the target calls it."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "sdep", *arguments]
        environment = {**self._target.environment(), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, encoding="utf-8"
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        printed, said = process.communicate(timeout=60)
        return process.returncode, printed, said

    def read(self, *arguments: str) -> dict[str, Any]:
        """What it prints as JSON, whatever the exit code."""
        _, printed, said = self.run(*arguments, "-n", NAMESPACE, "-o", "json")
        assert printed, said
        found: dict[str, Any] = json.loads(printed)
        return found


@pytest.fixture
def cli(target: Target) -> CommandLine:
    return CommandLine(target)


def follower() -> dict[str, Any]:
    graph = unit(f"models:/{MODEL}@{ALIAS}", name="price")
    return manifest("cli-follower", {"name": "main", "graph": graph})


@pytest.fixture
def following(target: Target, mlflow: Mlflow, scratch: list[str]) -> str:
    """A SeldonDeployment that follows an alias, served at version 1."""
    scratch.append("cli-follower")
    mlflow.set_alias(MODEL, ALIAS, "1")
    apply(target, follower())
    wait_ready(target, "cli-follower")
    return "cli-follower"


def served(target: Target, name: str) -> tuple[str, bool]:
    """Version and whether it is held, as the status says."""
    models = status(target, name).get("models") or [{}]
    return models[0].get("version", ""), bool(models[0].get("held"))


def test_status_shows_the_tree_of_what_is_ready(cli: CommandLine, following: str) -> None:
    code, printed, _ = cli.run("status", following, "-n", NAMESPACE)
    assert code == 0
    assert "cli-follower  Available, Ready" in printed
    assert f"model {MODEL}/1  as @{ALIAS}" in printed
    assert "1/1 Deployment cli-follower-main-0-price" in printed
    assert "\033[" not in printed


def test_explain_says_what_a_ready_one_serves(cli: CommandLine, following: str) -> None:
    code, printed, _ = cli.run("explain", following, "-n", NAMESPACE)
    assert code == 0
    assert f"main: {MODEL}/1; 100% of the traffic" in printed


def test_undo_holds_an_earlier_model_until_it_is_released(
    cli: CommandLine, target: Target, mlflow: Mlflow, following: str
) -> None:
    mlflow.set_alias(MODEL, ALIAS, "2")
    until(lambda: served(target, following) == ("2", False), "the alias is followed to 2")
    before = target.get("sdep", following, "-n", NAMESPACE)["spec"]
    code, printed, said = cli.run("undo", following, "-n", NAMESPACE, "--why", "test")
    assert code == 0, said
    assert printed.startswith(f"main/price goes from {MODEL}/2 back to {MODEL}/1")
    until(lambda: served(target, following) == ("1", True), "the unit is held at 1")
    mlflow.set_alias(MODEL, ALIAS, "3")
    wait_ready(target, following)
    assert served(target, following) == ("1", True)
    history = cli.read("history", following)["units"][0]
    assert history["held"]
    assert [entry["version"] for entry in history["entries"]] == ["1", "2", "1"]
    assert history["entries"][0]["why"].endswith(": test)")
    assert target.get("sdep", following, "-n", NAMESPACE)["spec"] == before
    assert cli.run("undo", following, "-n", NAMESPACE)[0] == 1
    assert cli.run("release", following, "-n", NAMESPACE)[0] == 0
    until(lambda: served(target, following) == ("3", False), "the alias is followed again, to 3")
    assert cli.run("release", following, "-n", NAMESPACE)[0] == 1


def test_a_broken_hold_is_a_condition_and_changes_nothing(target: Target, mlflow: Mlflow, following: str) -> None:
    target.kubectl("annotate", "sdep", following, "-n", NAMESPACE, "sdep.io/hold={")
    try:
        wait_for(target, following, "SpecValid", "InvalidHold")
        mlflow.set_alias(MODEL, ALIAS, "2")
        assert served(target, following) == ("1", False)
    finally:
        target.kubectl("annotate", "sdep", following, "-n", NAMESPACE, "sdep.io/hold-")
    until(lambda: served(target, following) == ("2", False), "the alias is followed again")


@pytest.mark.usefixtures("following")
def test_diff_is_empty_for_what_runs_and_shows_what_would_change(cli: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(follower()))
    assert cli.run("diff", str(path)) == (0, "", "")
    changed = follower()
    changed["spec"]["predictors"][0]["replicas"] = 2
    path.write_text(json.dumps(changed))
    code, printed, _ = cli.run("diff", str(path))
    assert code == 1
    assert [line for line in printed.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}] == [
        "-  replicas: 1",
        "+  replicas: 2",
    ]


def test_resolve_asks_the_registry(cli: CommandLine, mlflow: Mlflow) -> None:
    with mlflow.answering() as url:
        code, printed, _ = cli.run("resolve", f"models:/{MODEL}/2", "--tracking-uri", url, "-o", "json")
    assert code == 0
    assert json.loads(printed)["version"] == "2"
    with mlflow.answering() as url:
        assert cli.run("resolve", f"models:/{MODEL}/99", "--tracking-uri", url)[0] == 1


def test_explain_follows_the_chain_to_the_image_that_cannot_be_pulled(
    cli: CommandLine, target: Target, scratch: list[str]
) -> None:
    scratch.append("cli-bad-image")
    graph = unit(f"models:/{MODEL}/1", name="m", storageInitializerImage="registry.invalid/none:1")
    apply(target, manifest("cli-bad-image", {"name": "main", "graph": graph}))
    until(lambda: _reason(cli, "cli-bad-image") in {"ImagePullBackOff", "ErrImagePull"}, "the pull fails")
    found = cli.read("explain", "cli-bad-image")
    kinds = [link["kind"] for link in found["chain"]]
    assert kinds == ["SeldonDeployment", "condition", "Deployment", "ReplicaSet", "Pod", "container"]
    assert "registry.invalid/none:1" in found["chain"][-1]["says"]
    assert found["advice"].startswith("Correct the image's name")


def test_explain_shows_the_log_line_of_a_model_that_is_gone(
    cli: CommandLine, target: Target, scratch: list[str]
) -> None:
    scratch.append("cli-gone")
    graph = unit("s3://mlflow/none", name="m", implementation="MLFLOW_SERVER")
    apply(target, manifest("cli-gone", {"name": "main", "graph": graph}))
    until(lambda: _reason(cli, "cli-gone") == "ModelNotFound", "the fetch fails")
    found = cli.read("explain", "cli-gone")
    assert any("s3://mlflow/none" in line for line in found["chain"][-1]["log"])
    code, printed, _ = cli.run("explain", "cli-gone", "-n", NAMESPACE)
    assert code == 1
    assert printed.rstrip().splitlines()[-1].startswith("To do: Correct modelUri")


def test_explain_names_the_model_that_the_registry_has_not(
    cli: CommandLine, target: Target, scratch: list[str]
) -> None:
    scratch.append("cli-missing")
    apply(target, manifest("cli-missing", {"name": "main", "graph": unit("models:/no_such_model@champion")}))
    until(lambda: _reason(cli, "cli-missing") == "ModelNotFound", "the registry has answered")
    assert cli.read("explain", "cli-missing")["chain"][-1]["name"] == "ModelsResolved"


def test_explain_ends_at_the_scheduler_where_no_node_fits(cli: CommandLine, target: Target, scratch: list[str]) -> None:
    scratch.append("cli-too-big")
    big = {"resources": {"requests": {"cpu": "900"}}}
    graph = unit(f"models:/{MODEL}/1", name="m")
    apply(target, manifest("cli-too-big", {"name": "main", "graph": graph, "svcOrchSpec": big}))
    until(lambda: _reason(cli, "cli-too-big") == "Unschedulable", "the scheduler gives up")
    last = cli.read("explain", "cli-too-big")["chain"][-1]
    assert (last["kind"], last["reason"]) == ("Pod", "Unschedulable")


def test_status_watch_tells_what_changes_and_works_little(cli: CommandLine, target: Target, following: str) -> None:
    process = cli.start("status", following, "-n", NAMESPACE, "-w")
    try:
        assert process.stdout
        first = process.stdout.readline()
        assert f"{NAMESPACE}/{following}: Available, Ready" in first
        target.kubectl("scale", "sdep", following, "-n", NAMESPACE, "--replicas=2")
        told = iter(process.stdout.readline, "")
        assert any("Deployment cli-follower-main-0-price: 2/2 available" in line for line in told)
        ticks = sum(int(part) for part in Path(f"/proc/{process.pid}/stat").read_text().split()[13:15])
        assert ticks / os.sysconf("SC_CLK_TCK") < 5
    finally:
        process.kill()
        process.communicate()


def _reason(cli: CommandLine, name: str) -> str:
    """The reason at the end of the chain."""
    chain = cli.read("explain", name)["chain"]
    return str(chain[-1]["reason"]) if chain else ""
