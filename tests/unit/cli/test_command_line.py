"""The command line as a whole: exit codes, colours, imports, completion, and its reference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdep.cli import COMMANDS, main
from sdep.cli.completion import candidates
from sdep.cli.grammar import commands
from sdep.cli.reference import markdown
from sdep.cli.terminal import terminal

ROOT = Path(__file__).resolve().parents[3]


def test_the_reference_is_written_from_the_parsers() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    assert page == markdown(), "run `python -m sdep.cli.reference > docs/reference/cli.md`"


def test_every_command_has_help_with_an_example_unless_it_takes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for command in commands():
        with pytest.raises(SystemExit) as ended:
            main([command.name, "--help"])
        said = capsys.readouterr().out
        assert ended.value.code == 0
        assert f"usage: sdep {command.name}" in said
        assert ("examples:" in said) == bool(command.examples)
        assert command.examples or not command.arguments


@pytest.mark.parametrize(
    "call",
    [
        ["no-such-command"],
        ["lint"],
        ["undo", "prices", "--to", "x"],
        ["status", "-o", "xml"],
        ["pause", "prices", "--timeout", "5"],
    ],
)
def test_a_wrong_call_exits_with_2(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(call)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: sdep")


def test_a_cluster_that_is_not_known_exits_with_3_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["status"], ["explain", "x"], ["history", "x"], ["undo", "x"], ["release", "x"], ["promote", "x"]):
        assert main([*command, "--kubeconfig", str(tmp_path / "none")]) == 3
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1
        assert said[0].startswith(f"sdep {command[0]}: NoCluster: ")


def test_diff_does_not_exit_with_1_where_the_manifest_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "a.yaml"
    broken.write_text("kind: SeldonDeployment\nmetadata: [\n")
    (tmp_path / "config").write_text(
        "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\n"
    )
    assert main(["diff", str(broken), "--kubeconfig", str(tmp_path / "config")]) == 3
    assert "ManifestRefused" in capsys.readouterr().err


def test_a_storage_uri_needs_no_registry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resolve", "s3://models/3", "-o", "yaml"]) == 0
    assert "artifactUri: s3://models/3" in capsys.readouterr().out


def test_resolve_without_a_registry_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert main(["resolve", "models:/price@champion"]) == 3
    assert "give --tracking-uri or set MLFLOW_TRACKING_URI" in capsys.readouterr().err


def test_the_offline_commands_import_no_client(tmp_path: Path) -> None:
    """So that they run in images, and start at once."""
    (tmp_path / "a.yaml").write_text(
        "apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nmetadata: {name: x}\n"
        "spec: {predictors: [{name: main, graph: {modelUri: 'models:/price/1'}}]}\n"
    )
    for command in (f"lint {tmp_path}", f"render {tmp_path}", "completion bash", "crd"):
        code = (
            "import sys; from sdep.cli import main; "
            f"main({command.split()!r}); "
            "loaded = {'aiohttp', 'kopf', 'mlflow', 'kubernetes'} & set(sys.modules); assert not loaded, loaded"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_kubectls_plugin_calls_itself_as_the_user_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/local/bin/kubectl-sdep"])
    with pytest.raises(SystemExit):
        main(["undo", "--help"])
    assert capsys.readouterr().out.startswith("usage: kubectl sdep undo")


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    leader, follower = os.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as tty, (Path(os.devnull)).open("w", encoding="utf-8") as file:
        assert terminal("auto", tty).colours
        assert not terminal("never", tty).colours
        assert not terminal("auto", file).colours
        assert terminal("always", file).colours
        monkeypatch.setenv("NO_COLOR", "1")
        assert not terminal("auto", tty).colours
    os.close(leader)


def test_kubectl_is_given_candidates_with_their_help() -> None:
    found, directive = candidates([""])
    assert [line.split("\t")[0] for line in found] == list(COMMANDS)
    assert directive == ":4"
    assert candidates(["status", "-o", ""]) == (["json", "yaml"], ":4")
    assert candidates(["lint", ""]) == ([], ":0")
    assert any(line.startswith("--strict\t") for line in candidates(["lint", "--"])[0])
