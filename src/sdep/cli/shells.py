"""Completion scripts, each written from the same grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdep.cli.grammar import Command, Option

_NAMES = "kubectl get seldondeployments -o name 2>/dev/null | sed 's,.*/,,'"
"""Asks the cluster, in the namespace of the current context."""
_ASKED = {
    "--namespace": "kubectl get namespaces -o name 2>/dev/null | sed 's,.*/,,'",
    "--context": "kubectl config get-contexts -o name 2>/dev/null",
}
"""Options whose values kubectl knows."""


def bash(commands: Sequence[Command]) -> str:
    cases = "".join(_bash_case(command) for command in commands)
    return f"""# bash completion of sdep; source it, or put it where bash-completion looks.
_sdep() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words= files=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{_join(command.name for command in commands)}' -- "$word"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{cases}  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$word")); fi
}}
complete -o filenames -F _sdep sdep
"""


def _bash_case(command: Command) -> str:
    values = "".join(
        f"      {'|'.join(option.names)}) {_bash_value(option)} ;;\n" for option in command.options if option.takes
    )
    follow = [f"words='{_join(command.words)}'"] if command.words else []
    if command.takes_name:
        follow.append(f'words="$({_NAMES})"')
    if command.takes_files:
        follow.append("files=1")
    flags = _join(name for option in command.options for name in option.names)
    return f"""    {command.name})
      case "$before" in
{values}      *) if [[ $word == -* ]]; then words='{flags}'; else {"; ".join(follow) or ":"}; fi ;;
      esac ;;
"""


def _bash_value(option: Option) -> str:
    if option.choices:
        return f"words='{_join(option.choices)}'"
    if question := _question(option):
        return f'words="$({question})"'
    return "files=1" if option.takes_file else ":"


def zsh(commands: Sequence[Command]) -> str:
    listed = "\n".join(f"    {_quoted(f'{command.name}:{command.line}')}" for command in commands)
    cases = "".join(_zsh_case(command) for command in commands)
    return f"""#compdef sdep
# zsh completion of sdep; put it as _sdep into a directory of fpath.
_sdep_names() {{
  local -a names
  names=(${{(f)"$({_NAMES})"}})
  compadd -a names
}}
_sdep() {{
  local -a commands
  commands=(
{listed}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{cases}  esac
}}
if [ "$funcstack[1]" = _sdep ]; then _sdep "$@"; else compdef _sdep sdep; fi
"""


def _zsh_case(command: Command) -> str:
    specs = [_quoted(spec) for option in command.options for spec in _zsh_option(option)]
    if command.takes_files:
        specs.append(_quoted("*:file:_files"))
    elif command.takes_name:
        specs.append(_quoted("1:name:_sdep_names"))
    elif command.words:
        specs.append(_quoted(f"1:word:({_join(command.words)})"))
    return f"    {command.name}) _arguments {' '.join(specs)} ;;\n"


def _zsh_option(option: Option) -> list[str]:
    said = option.help.replace("[", "(").replace("]", ")").replace(":", ";")
    value = ""
    if option.takes:
        value = f":{option.takes.lower()}:{_zsh_value(option)}"
    return [f"{name}[{said}]{value}" for name in option.names]


def _zsh_value(option: Option) -> str:
    if option.choices:
        return f"({_join(option.choices)})"
    if question := _question(option):
        return f"{{compadd -- $({question})}}"
    return "_files" if option.takes_file else " "


def fish(commands: Sequence[Command]) -> str:
    names = _join(command.name for command in commands)
    lines = ["# fish completion of sdep; put it into ~/.config/fish/completions/sdep.fish.", "complete -c sdep -f"]
    for command in commands:
        lines.append(
            f"complete -c sdep -n 'not __fish_seen_subcommand_from {names}' -a {command.name} -d {_quoted(command.line)}"
        )
        lines += _fish_lines(command)
    return "\n".join(lines) + "\n"


def _fish_lines(command: Command) -> list[str]:
    start = f"complete -c sdep -n '__fish_seen_subcommand_from {command.name}'"
    lines = [f"{start} {_fish_option(option)} -d {_quoted(option.help)}" for option in command.options]
    if command.takes_files:
        lines.append(f"{start} -F")
    if command.takes_name:
        lines.append(f'{start} -a "({_NAMES})"')
    if command.words:
        lines.append(f"{start} -a '{_join(command.words)}'")
    return lines


def _fish_option(option: Option) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    if not option.takes:
        return names
    if option.choices:
        return f"{names} -x -a '{_join(option.choices)}'"
    if question := _question(option):
        return f'{names} -x -a "({question})"'
    return f"{names} -r -F" if option.takes_file else f"{names} -x"


def _question(option: Option) -> str:
    return next((_ASKED[name] for name in option.names if name in _ASKED), "")


def _quoted(text: str) -> str:
    """For all three shells: a quote in single quotes ends them, is written by itself, and begins them again."""
    return "'" + text.replace("'", "'\\''") + "'"


def _join(words: Iterable[str]) -> str:
    return " ".join(words)


SHELLS: Mapping[str, Callable[[Sequence[Command]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
