"""The command `sdep resolve`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from sdep.cli import options
from sdep.cli.origin import origin_facts
from sdep.cli.output import emit
from sdep.cli.terminal import terminal
from sdep.errors import InvalidError
from sdep.registry.reference import StorageReference, parse
from sdep.registry.resolved import Connection, ResolvedModel

DESCRIPTION = """Ask the registry which model a URI means now, as the operator would.

The tracking server and its credentials come from MLFLOW_TRACKING_URI, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD and
MLFLOW_TRACKING_TOKEN. Exits with 1 where the registry knows no such model."""
EXAMPLES = (
    "sdep resolve models:/price@champion",
    "sdep resolve models:/price/production --tracking-uri http://mlflow:5000 -o json",
    "sdep resolve runs:/0123456789abcdef0123456789abcdef/model",
)
_NO_SUCH_MODEL = {"ModelNotFound", "ModelVersionNotFound"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uri", metavar="URI", help="a modelUri, such as models:/price@champion")
    parser.add_argument("--tracking-uri", help="default: $MLFLOW_TRACKING_URI")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="default: 10")
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    reference = parse(given.uri)
    connection = Connection(
        tracking_uri=given.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", ""),
        username=os.environ.get("MLFLOW_TRACKING_USERNAME", ""),
        password=os.environ.get("MLFLOW_TRACKING_PASSWORD", ""),
        token=os.environ.get("MLFLOW_TRACKING_TOKEN", ""),
    )
    if isinstance(reference, StorageReference):
        found = ResolvedModel(artifact_uri=reference.uri)
    elif not connection.tracking_uri:
        raise InvalidError(
            "RegistryNotConfigured", "no tracking server is known: give --tracking-uri or set MLFLOW_TRACKING_URI"
        )
    else:
        try:
            found = asyncio.run(_lookup(given, connection))
        except InvalidError as error:
            if error.reason not in _NO_SUCH_MODEL:
                raise
            sys.stderr.write(f"sdep resolve: {error.reason}: {error.message}\n")
            return 1
    _print(given, found)
    return 0


async def _lookup(given: argparse.Namespace, connection: Connection) -> ResolvedModel:
    import aiohttp  # noqa: PLC0415 - completion and reference load every command

    from sdep.registry.mlflow import MlflowRegistry  # noqa: PLC0415

    reference = parse(given.uri)
    if isinstance(reference, StorageReference):
        return ResolvedModel(artifact_uri=reference.uri)
    async with aiohttp.ClientSession() as http:
        return await MlflowRegistry(http, given.timeout).lookup(reference, connection)


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
