"""The command line: one command a file, imported only when it is called, since an image holds only what its command needs.

A command module has DESCRIPTION (its first sentence is the one line of the list), EXAMPLES, `configure(parser)` and
`run(given)`, which returns the exit code.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from sdep.errors import SdepError

COMMANDS = {
    "status": "show SeldonDeployments as a tree: predictors, weights, models, pods",
    "explain": "say why a SeldonDeployment is not ready, and what to do",
    "lint": "check manifests without a cluster",
    "render": "print the objects that a manifest would become, without a cluster",
    "diff": "show what the operator would change in the cluster for a manifest",
    "resolve": "ask the registry which model a URI means now",
    "image": "build an image that holds a model",
    "explainer": "make an explainer of a model ahead",
    "history": "list the models that each unit has served, and what was decided of its rollout",
    "undo": "go back to an earlier model and stay there",
    "release": "let held units follow the registry again",
    "compare": "show what shadows would have answered, beside what clients were answered",
    "experiment": "show what an experiment has found, and which arm has won",
    "promote": "end the step of a rollout, or all of it, in the canary's favour",
    "abort": "take a rollout's canary out of the traffic",
    "retry": "try a canary again that was turned back",
    "pause": "stop a rollout where it is",
    "resume": "let a paused rollout go on",
    "completion": "print the completion script of a shell",
    "crd": "print the CustomResourceDefinition",
    "operate": "run the operator (settings: SDEP_* variables)",
    "fetch": "download a model into a folder (the init container's command)",
    "serve": "serve a predictor (the engine container's command)",
    "explanations": "serve explanations of a model (the explainer container's command)",
}

FINE, NO, WRONG_CALL, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
EXIT_CODES = {
    FINE: "yes, or done",
    NO: "no: there are errors, differences, or something that is not ready; what was asked for does not exist",
    WRONG_CALL: "a wrong call",
    FAILED: "could not be answered: the cluster, the registry or a file can not be read",
}
_EXAMPLES = "examples:"
_PROGRAMS = {"operate", "fetch", "serve", "explanations"}
"""Of the images: a failure that was explained is 1."""
_ANSWERED_NO = {
    "InvalidManifest",
    "InvalidModelUri",
    "NotFound",
    "NothingToUndo",
    "AlreadyHeld",
    "NoExperiment",
    "NoShadow",
    "NoRollout",
    "RolloutEnded",
    "AlreadyPaused",
    "NotPaused",
    "NotRolledBack",
    "ModelNotFound",
    "ModelVersionNotFound",
    "NotExplainable",
    "ReferenceNotFound",
}
_CALLED_WRONG = {"InvalidCall", "InvalidExplainer", "InvalidSettings", "InvalidModels"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, one of EXIT_CODES."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = overview().parse_args(given[:1]).command
    try:
        module = load(command)
        return int(module.run(command_parser(command, module).parse_args(given[1:])))
    except SdepError as error:
        sys.stderr.write(f"sdep {command}: {error.reason}: {_one_line(error.message)}\n")
        return _code(command, error)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("sdep"):
            raise
        sys.stderr.write(f"sdep {command}: needs the Python package {error.name}: install sdep-operator[cli]\n")
        return FAILED
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - a fault of ours must not look like the answer "no"
        traceback.print_exc()
        return NO if command in _PROGRAMS else FAILED


def _code(command: str, error: SdepError) -> int:
    if command in _PROGRAMS or error.reason in _ANSWERED_NO:
        return NO
    return WRONG_CALL if error.reason in _CALLED_WRONG else FAILED


def program() -> str:
    """What the user typed: `sdep`, or `kubectl sdep` where kubectl found us as its plugin."""
    return "kubectl sdep" if Path(sys.argv[0]).name.startswith("kubectl-") else "sdep"


def overview() -> argparse.ArgumentParser:
    """The parser of `sdep COMMAND`; each command parses what follows by itself."""
    parser = argparse.ArgumentParser(
        prog=program(),
        description="SeldonDeployment manifests served from an MLflow registry.",
        epilog=f"`{program()} COMMAND --help` has the options and examples of each.",
        formatter_class=_Formatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


def load(command: str) -> ModuleType:
    return importlib.import_module(f"sdep.cli.{command}")


def command_parser(command: str, module: ModuleType) -> argparse.ArgumentParser:
    """The whole parser of one command, with its examples."""
    prog = f"{program()} {command}"
    examples = "\n".join(f"  {line}" for line in module.EXAMPLES)
    parser = argparse.ArgumentParser(
        prog=prog,
        description=module.DESCRIPTION,
        epilog=f"{_EXAMPLES}\n{examples}" if examples else None,
        formatter_class=_Formatter,
    )
    module.configure(parser)
    return parser


class _Formatter(argparse.HelpFormatter):
    """Paragraphs fill the terminal's lines; examples stay as they are written."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(_EXAMPLES):
            return text
        return "\n\n".join(super(_Formatter, self)._fill_text(part, width, indent) for part in text.split("\n\n"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
