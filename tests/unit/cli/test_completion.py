"""`sdep completion`: each shell offers the same, asked of the shell itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node import packages
from sdep.cli.grammar import commands
from tests.unit.cli.completing import bash_completes, fish_completes, zsh_completes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Completes = Callable[[str, Path], list[str]]


@pytest.fixture(scope="module", params=[bash_completes, zsh_completes, fish_completes], ids=["bash", "zsh", "fish"])
def completes(request: pytest.FixtureRequest) -> Completes:
    """A shell; zsh and fish come from the Debian archive where they are not there yet."""
    packages.install(packages.SHELLS)
    found: Completes = request.param
    return found


def test_commands_options_values_and_files_are_completed(completes: Completes, tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("")
    assert set(completes("sdep re", tmp_path)) == {"render", "resolve", "release", "retry", "resume"}
    assert completes("sdep resolve --tr", tmp_path) == ["--tracking-uri"]
    assert completes("sdep status -o y", tmp_path) == ["yaml"]
    assert completes("sdep lint pri", tmp_path) == ["prices.yaml"]
    assert completes("sdep completion z", tmp_path) == ["zsh"]


def test_names_are_asked_of_the_cluster(completes: Completes, tmp_path: Path) -> None:
    assert completes("sdep status pr", tmp_path) == ["prices"]
    assert completes("sdep status --namespace du", tmp_path) == ["dusk"]
    assert completes("sdep status --context kin", tmp_path) == ["kind:home"]


def test_every_option_of_every_command_is_offered(completes: Completes, tmp_path: Path) -> None:
    for command in commands():
        asked = {name for option in command.options for name in option.names if name.startswith("--")}
        assert set(completes(f"sdep {command.name} --", tmp_path)) == asked, command.name
