"""What each shell offers at the end of a line, asked of the shell itself."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

from sdep.cli.grammar import commands
from sdep.cli.shells import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

_ZSHRC = """
PROMPT=; unsetopt zle_bracketed_paste prompt_sp
fpath=({folder}/functions $fpath)
autoload -Uz compinit; compinit -u -d {folder}/dump
zstyle ':completion:*' insert-tab false
compadd() {{  # -O, -A and -D ask which words match, and offer nothing
  if [[ "${{(@)argv[1,(i)(-|--)]}}" == *-[OAD]* ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -A offered "$@"
  print -rl -- $offered >> {folder}/offered
  builtin compadd "$@"
}}
_ended() {{ exit }}
zle -N _ended
bindkey '^I' complete-word
bindkey '^X' _ended
"""


_KUBECTL = """#!/bin/sh
case "$*" in
  'get seldondeployments -o name') echo seldondeployment.machinelearning.seldon.io/prices ;;
  'get namespaces -o name') echo namespace/data; echo namespace/dusk ;;
  'config get-contexts -o name') echo 'kind:home' ;;
esac
"""


def bash_completes(line: str, folder: Path) -> list[str]:
    words = " ".join(f"'{word}'" for word in line.split(" "))
    script = _script("bash", folder / "sdep.bash")
    program = f"source {script}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _sdep; "
    return _said(["bash", "-c", program + 'printf "%s\\n" "${COMPREPLY[@]}"'], folder)


def fish_completes(line: str, folder: Path) -> list[str]:
    """A candidate's help stands behind a tab."""
    script = _script("fish", folder / "sdep.fish")
    said = _said(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], folder)
    return [offered.partition("\t")[0] for offered in said]


def zsh_completes(line: str, folder: Path) -> list[str]:
    """Zsh completes for a person alone, so it gets a terminal and a tab; each candidate goes through `compadd`."""
    (folder / "functions").mkdir(exist_ok=True)
    _script("zsh", folder / "functions" / "_sdep")
    (folder / ".zshrc").write_text(_ZSHRC.format(folder=folder))
    (folder / "offered").write_text("")
    leader, follower = pty.openpty()
    environment = {**_environment(folder), "ZDOTDIR": str(folder), "TERM": "dumb"}
    with subprocess.Popen(
        ["zsh", "-d", "-i"], stdin=follower, stdout=follower, stderr=follower, cwd=folder, env=environment,
        start_new_session=True,
    ) as shell:  # fmt: skip
        os.close(follower)
        os.write(leader, f"{line}\t\x18".encode())
        screen = _until_closed(leader)
        assert shell.wait(30) == 0, screen
    return _words((folder / "offered").read_text())


def _until_closed(terminal: int) -> bytes:
    seen = b""
    try:
        while some := os.read(terminal, 4096):
            seen += some
    except OSError:  # the last who had it open has ended
        pass
    finally:
        os.close(terminal)
    return seen


def _script(shell: str, path: Path) -> Path:
    path.write_text(SHELLS[shell](list(commands())))
    return path


def _said(command: list[str], folder: Path) -> list[str]:
    environment = _environment(folder)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
    assert done.stderr == ""
    return _words(done.stdout)


def _words(lines: str) -> list[str]:
    """Each once: zsh tries several ways to match a word."""
    return list(dict.fromkeys(line for line in lines.splitlines() if line))


def _environment(folder: Path) -> dict[str, str]:
    """With a `kubectl` that knows a few names: what is tried is how each shell asks it."""
    kubectl = folder / "bin" / "kubectl"
    if not kubectl.exists():
        kubectl.parent.mkdir()
        kubectl.write_text(_KUBECTL)
        kubectl.chmod(0o755)
    return {**os.environ, "PATH": f"{kubectl.parent}:{os.environ['PATH']}", "HOME": str(folder)}
