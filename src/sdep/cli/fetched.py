"""A model brought here from where the registry says that it is."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sdep.errors import InvalidError
from sdep.registry.resolved import ResolvedModel


def fetch_model(given: argparse.Namespace, found: ResolvedModel, directory: Path) -> None:
    """Into a new folder, as an init container would. Raises InvalidError with the reason of a `FetchFailure`."""
    from sdep.runtime import fetch  # noqa: PLC0415 - completion and reference load every command

    if given.tracking_uri:
        os.environ["MLFLOW_TRACKING_URI"] = given.tracking_uri  # which may be the store as well
    directory.mkdir(parents=True, exist_ok=True)
    failure = fetch.fetch(found.artifact_uri, directory)
    if failure is not None:
        raise InvalidError(failure.reason, failure.message)
