"""The command line as data, read from its parsers: what completion scripts and the reference are made of."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from sdep.cli import COMMANDS, command_parser, load


@dataclass(frozen=True)
class Option:
    """`takes` is "" for a flag; `choices` are all that it accepts, where they are counted."""

    names: tuple[str, ...]
    takes: str
    help: str
    choices: tuple[str, ...] = ()

    @property
    def takes_file(self) -> bool:
        return self.takes == "FILE"


@dataclass(frozen=True)
class Argument:
    name: str
    help: str
    many: bool
    optional: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """One command with all that can follow it."""

    name: str
    line: str
    description: str
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]
    examples: tuple[str, ...]

    @property
    def usage(self) -> str:
        """One line; argparse's own differs between versions of Python."""
        shown = [f"{argument.name}{'…' if argument.many else ''}" for argument in self.arguments]
        parts = [
            f"[{text}]" if argument.optional else text for argument, text in zip(self.arguments, shown, strict=True)
        ]
        options = ["[options]"] if len(self.options) > 1 else []
        return " ".join(["sdep", self.name, *options, *parts])

    @property
    def takes_files(self) -> bool:
        return any(argument.name == "FILE" for argument in self.arguments)

    @property
    def takes_name(self) -> bool:
        """Whether a SeldonDeployment's name follows."""
        return any(argument.name == "NAME" for argument in self.arguments)

    @property
    def words(self) -> tuple[str, ...]:
        """What may follow beside files and names."""
        return tuple(choice for argument in self.arguments for choice in argument.choices)


def commands() -> Iterator[Command]:
    """Every command, in the order of the overview."""
    for name, line in COMMANDS.items():
        module = load(name)
        parser = command_parser(name, module)
        yield Command(
            name=name,
            line=line,
            description=module.DESCRIPTION,
            arguments=tuple(_argument(action) for action in _actions(parser) if not action.option_strings),
            options=tuple(_option(action) for action in _actions(parser) if action.option_strings),
            examples=tuple(module.EXAMPLES),
        )


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return list(parser._actions)  # noqa: SLF001 - argparse tells them in no other way


def _option(action: argparse.Action) -> Option:
    takes = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    choices = tuple(str(choice) for choice in action.choices or ())
    return Option(tuple(action.option_strings), takes, action.help or "", choices)


def _argument(action: argparse.Action) -> Argument:
    choices = tuple(str(choice) for choice in action.choices or ())
    name = str(action.metavar or action.dest)
    return Argument(name, action.help or "", many=action.nargs == "+", optional=action.nargs == "?", choices=choices)
