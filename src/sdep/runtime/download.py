"""Brings what a URI names into a folder: by a store of ours where there is one, by MLflow's client for what is left."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from sdep.contract import ENV_CACHE, ENV_DOWNLOAD_STREAMS
from sdep.runtime.storage.cache import through_cache
from sdep.runtime.storage.choose import choose_store
from sdep.runtime.storage.journal import identity
from sdep.runtime.storage.note import is_whole
from sdep.runtime.storage.store import ModelNotFoundError
from sdep.runtime.storage.transfer import STREAMS, Transfer, transfer

IMPATIENCE = {
    "AWS_DEFAULTS_MODE": "in-region",  # botocore connects within 1.1 s instead of 60
    "AWS_MAX_ATTEMPTS": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "8",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""Defaults only: what the pod's environment says wins."""


class Download(NamedTuple):
    """The folder, or the one file. `identity` is the same for the same content; "" where nobody can say."""

    path: Path
    identity: str = ""


def download(uri: str, incoming: Path, directory: Path | None = None) -> Download:
    """Credentials come from the environment, as MLflow, rclone in Seldon Core v1, or the store's own clients read them.

    `directory` is returned where it has that very content already; `incoming` may hold what an earlier try left.
    """
    local = local_path(uri)
    if local is not None:
        return Download(_copy(local, _empty(incoming)))
    for name, value in IMPATIENCE.items():
        os.environ.setdefault(name, value)
    stored = _located(uri)
    store = choose_store(stored, os.environ)
    if store is None:
        artifacts = import_module("mlflow.artifacts")  # seconds that nothing else need wait for
        return Download(Path(artifacts.download_artifacts(artifact_uri=uri, dst_path=str(_empty(incoming)))))
    files = store.files()
    if not files:
        raise ModelNotFoundError(f"{uri} holds no files")
    order = Transfer(stored, store, files, int(os.environ.get(ENV_DOWNLOAD_STREAMS) or STREAMS))
    name = identity(order.uri, files)
    if directory is not None and is_whole(directory, name):
        return Download(directory, name)
    cache = os.environ.get(ENV_CACHE, "")
    return Download(through_cache(order, Path(cache), incoming) if cache else transfer(order, incoming), name)


def local_path(uri: str) -> Path | None:
    """Give the path of a file:// URI or of a plain path; None where the URI has a host or a store of its own."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(uri) if not parts.scheme else None


def _located(uri: str) -> str:
    """Where the registry's models and the runs' artifacts are stored; MLflow knows, and asks the tracking server."""
    if uri.startswith("models:"):
        module, name = "mlflow.store.artifact.models_artifact_repo", "ModelsArtifactRepository"
    elif uri.startswith("runs:"):
        module, name = "mlflow.store.artifact.runs_artifact_repo", "RunsArtifactRepository"
    else:
        return uri
    return str(getattr(import_module(module), name).get_underlying_uri(uri))


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _copy(source: Path, incoming: Path) -> Path:
    if not source.exists():
        raise ModelNotFoundError(f"{source} does not exist")
    target = incoming / source.name
    if source.is_file():
        return Path(shutil.copyfile(source, target))
    return Path(shutil.copytree(source, target))
