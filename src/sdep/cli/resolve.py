"""The command `sdep resolve`."""

from __future__ import annotations

import argparse
import sys

from sdep.cli import options
from sdep.cli.look_up import add_registry, look_up
from sdep.cli.origin import origin_facts
from sdep.cli.output import emit
from sdep.cli.terminal import terminal
from sdep.registry.resolved import ResolvedModel

DESCRIPTION = """Ask the registry which model a URI means now, as the operator would.

The tracking server and its credentials come from MLFLOW_TRACKING_URI, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD and
MLFLOW_TRACKING_TOKEN. Exits with 1 where the registry knows no such model."""
EXAMPLES = (
    "sdep resolve models:/price@champion",
    "sdep resolve models:/price/production --tracking-uri http://mlflow:5000 -o json",
    "sdep resolve runs:/0123456789abcdef0123456789abcdef/model",
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uri", metavar="URI", help="a modelUri, such as models:/price@champion")
    add_registry(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    _print(given, look_up(given))
    return 0


def _fields(found: ResolvedModel) -> dict[str, object]:
    """As they are called in a status."""
    said: dict[str, object] = {
        "artifactUri": found.artifact_uri,
        "name": found.name,
        "version": found.version,
        "runId": found.run_id,
        "modelId": found.model_id,
    }
    return {**said, "origin": found.origin.model_dump(mode="json", by_alias=True)} if found.origin else said


def _print(given: argparse.Namespace, found: ResolvedModel) -> None:
    if given.output:
        emit({"uri": given.uri, **_fields(found)}, given.output)
        return
    term = terminal(given.color)
    labelled = (
        ("model", found.name),
        ("version", found.version),
        ("run", found.run_id),
        ("logged model", found.model_id),
        ("artifact", found.artifact_uri),
        *origin_facts(found.origin),
    )
    for label, value in labelled:
        if value:
            sys.stdout.write(f"{term.paint(f'{label:<14}', 'dim')}{value}\n")
