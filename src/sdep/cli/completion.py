"""The command `sdep completion`, and `kubectl_complete-sdep`, which kubectl asks for candidates of its plugin."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from sdep.cli.shells import SHELLS

DESCRIPTION = """Print the completion script of a shell.

For `kubectl sdep` nothing is to be done: kubectl finds `kubectl_complete-sdep` on PATH, which is installed beside `sdep`."""
EXAMPLES = (
    "source <(sdep completion bash)                            # now; or in ~/.bashrc",
    "sdep completion zsh > ~/.zfunc/_sdep                       # with ~/.zfunc in fpath",
    "sdep completion fish > ~/.config/fish/completions/sdep.fish",
)

_NO_FILES, _FILES = ":4", ":0"
"""Directives of the protocol that kubectl took from Cobra: complete no file names; complete them where nothing else fits."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=tuple(SHELLS), help="bash, zsh or fish")


def run(given: argparse.Namespace) -> int:
    from sdep.cli.grammar import commands  # noqa: PLC0415 - it loads every command

    sys.stdout.write(SHELLS[given.shell](list(commands())))
    return 0


def complete_for_kubectl() -> int:
    """Print the candidates for the last word of the arguments, one a line, and the directive."""
    words = sys.argv[1:]
    found, directive = candidates(words or [""])
    sys.stdout.write("".join(f"{word}\n" for word in found if word.startswith((words or [""])[-1])) + f"{directive}\n")
    return 0


def candidates(words: Sequence[str]) -> tuple[list[str], str]:
    """What may stand in the place of the last word, after those before it; and whether file names may."""
    from sdep.cli.grammar import commands  # noqa: PLC0415 - it loads every command

    *before, current = words
    known = {command.name: command for command in commands()}
    if not before:
        return [f"{command.name}\t{command.line}" for command in known.values()], _NO_FILES
    command = known.get(before[0])
    if command is None:
        return [], _NO_FILES
    previous = next((option for option in command.options if before[-1] in option.names and option.takes), None)
    if previous:
        return list(previous.choices), _FILES if previous.takes_file else _NO_FILES
    if current.startswith("-"):
        return [f"{option.names[-1]}\t{option.help}" for option in command.options], _NO_FILES
    names = seldon_deployments(before) if command.takes_name else []
    return [*command.words, *names], _FILES if command.takes_files else _NO_FILES


def seldon_deployments(words: Sequence[str]) -> list[str]:
    """Names in the namespace that the words say; none where kubectl does not answer soon."""
    scope = [word for flag in ("-n", "--namespace", "--context", "--kubeconfig") for word in _with_value(words, flag)]
    command = ["kubectl", "get", "seldondeployments", "-o", "name", "--request-timeout=2s", *scope]
    try:
        # kubectl is the one that the user runs, found on PATH.
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.rpartition("/")[2] for line in done.stdout.splitlines()]


def _with_value(words: Sequence[str], flag: str) -> list[str]:
    if flag in words[:-1]:
        return [flag, words[list(words).index(flag) + 1]]
    return []
