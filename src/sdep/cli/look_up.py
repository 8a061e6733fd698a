"""What the registry says of a URI, asked from the command line."""

from __future__ import annotations

import argparse
import asyncio
import os

from sdep.errors import InvalidError
from sdep.registry.reference import RegistryReference, StorageReference, parse
from sdep.registry.resolved import Connection, ResolvedModel


def add_registry(parser: argparse.ArgumentParser) -> None:
    """Which registry is asked, and for how long."""
    parser.add_argument("--tracking-uri", help="default: $MLFLOW_TRACKING_URI")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="default: 10")


def look_up(given: argparse.Namespace) -> ResolvedModel:
    """The model that `given.uri` means now. Raises InvalidError, or TransientError where the registry does not answer."""
    reference = parse(given.uri)
    if isinstance(reference, StorageReference):
        return ResolvedModel(artifact_uri=reference.uri)
    connection = Connection(
        tracking_uri=given.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", ""),
        username=os.environ.get("MLFLOW_TRACKING_USERNAME", ""),
        password=os.environ.get("MLFLOW_TRACKING_PASSWORD", ""),
        token=os.environ.get("MLFLOW_TRACKING_TOKEN", ""),
    )
    if not connection.tracking_uri:
        raise InvalidError(
            "RegistryNotConfigured", "no tracking server is known: give --tracking-uri or set MLFLOW_TRACKING_URI"
        )
    return asyncio.run(_asked(reference, connection, given.timeout))


async def _asked(reference: RegistryReference, connection: Connection, timeout: float) -> ResolvedModel:  # noqa: ASYNC109 - a setting
    import aiohttp  # noqa: PLC0415 - completion and reference load every command

    from sdep.registry.mlflow import MlflowRegistry  # noqa: PLC0415

    async with aiohttp.ClientSession() as http:
        return await MlflowRegistry(http, timeout).lookup(reference, connection)
