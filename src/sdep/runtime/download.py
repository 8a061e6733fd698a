"""MLflow's downloader, told to give up early."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

IMPATIENCE = {
    "AWS_DEFAULTS_MODE": "in-region",  # botocore connects within 1.1 s instead of 60
    "AWS_MAX_ATTEMPTS": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "8",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""Defaults only: what the pod's environment says wins."""


class ModelNotFoundError(Exception):
    """The URI names nothing."""


def download(uri: str, incoming: Path) -> Path:
    """Return the folder, or the one file, below `incoming`. Credentials come from the environment, as MLflow reads it."""
    local = local_path(uri)
    if local is not None:
        return _copy(local, incoming)
    for name, value in IMPATIENCE.items():
        os.environ.setdefault(name, value)
    artifacts = import_module("mlflow.artifacts")  # two seconds that a local path need not wait for
    return Path(artifacts.download_artifacts(artifact_uri=uri, dst_path=str(incoming)))


def local_path(uri: str) -> Path | None:
    """Give the path of a file:// URI or of a plain path; None where the URI has a host or a store of its own."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(uri) if not parts.scheme else None


def _copy(source: Path, incoming: Path) -> Path:
    if not source.exists():
        raise ModelNotFoundError(f"{source} does not exist")
    target = incoming / source.name
    if source.is_file():
        return Path(shutil.copyfile(source, target))
    return Path(shutil.copytree(source, target))
