"""What a model was made of, as the registry's tags and its run say: code, data, image.

Each is read from the first of its tags that is there. Those without `mlflow.` in their name are for whoever registers a model, on the
version, the logged model or the run, in this order; then MLflow's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sdep.api.status import DataVersion, Origin

COMMIT = ("git_commit", "mlflow.source.git.commit")
REPOSITORY = ("git_repository", "mlflow.source.git.repoURL")
IMAGE = ("image_digest", "mlflow.docker.image.uri", "mlflow.docker.image.id")
DATA = ("data_version",)
_DATA_AT_MOST = 5
_LONGEST = 300
"""Characters: whoever may write a run may write anything there, and all of it is in a status with ten models of history."""


def from_tags(tags: object) -> Origin:
    """Of MLflow's `[{key, value}]`, whatever else stands there."""
    said = dict(_pairs(tags))
    version = _first(said, DATA)
    return Origin(
        commit=_first(said, COMMIT),
        repository=_without_password(_first(said, REPOSITORY)),
        image=_first(said, IMAGE),
        data=[DataVersion(name=version)] if version else [],
    )


def from_run(run: Mapping[str, Any]) -> Origin:
    """Of an answer's `run`: its tags, and the data sets that were logged as its inputs."""
    told = from_tags((run.get("data") or {}).get("tags"))
    logged = [found for found in (run.get("inputs") or {}).get("dataset_inputs") or () if isinstance(found, dict)]
    data = [_data(found.get("dataset") or {}) for found in logged][:_DATA_AT_MOST]
    return told if told.data else told.model_copy(update={"data": [one for one in data if one.name or one.digest]})


def completed(first: Origin, second: Origin) -> Origin:
    """`first`, with what it does not say as `second` says it."""
    return Origin(
        commit=first.commit or second.commit,
        repository=first.repository or second.repository,
        image=first.image or second.image,
        data=first.data or second.data,
    )


def _data(dataset: Mapping[str, Any]) -> DataVersion:
    return DataVersion(name=_short(dataset.get("name")), digest=_short(dataset.get("digest")))


def _pairs(tags: object) -> Iterable[tuple[str, str]]:
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and isinstance(tag.get("key"), str):
            yield tag["key"], _short(tag.get("value"))


def _first(said: Mapping[str, str], names: Iterable[str]) -> str:
    return next((said[name] for name in names if said.get(name)), "")


def _short(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _without_password(address: str) -> str:
    """A clone's remote may hold a token: `https://user:token@host/path`."""
    scheme, found, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if found and scheme != "ssh" else address
