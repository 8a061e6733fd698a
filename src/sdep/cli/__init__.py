"""The command line: one command a file, imported only when it is called, since an image holds only what its command needs."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from sdep.errors import SdepError

COMMANDS = {
    "crd": "print the CustomResourceDefinition",
    "render": "print the objects that a manifest would become, without a cluster",
    "operate": "run the operator (settings: SDEP_* variables)",
    "fetch": "download a model into a folder (the init container's command)",
    "serve": "serve a predictor (the engine container's command)",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 for a failure that was explained, or 2 for a wrong call."""
    parser = argparse.ArgumentParser(
        prog="sdep", description="SeldonDeployment manifests served from an MLflow registry."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = parser.parse_args(given[:1]).command
    module = importlib.import_module(f"sdep.cli.{command}")
    try:
        code: int = module.main(given[1:])
    except SdepError as error:
        sys.stderr.write(f"sdep {command}: {error.reason}: {error.message}\n")
        return 1
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        sys.stderr.close()
        return 0
    return code
