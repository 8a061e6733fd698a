"""What a `modelUri` can say, and how it is read.

The forms are MLflow's own (https://mlflow.org/docs/latest/ml/model-registry/): `models:/name/3`, `models:/name/Production`,
`models:/name/latest`, `models:/name@alias`, `models:/m-<32 hex digits>`, `runs:/run_id/path`; anything else names its storage directly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sdep.errors import InvalidError

STAGES = ("None", "Staging", "Production", "Archived")


@dataclass(frozen=True)
class VersionReference:
    """`models:/name/3`: never moves."""

    name: str
    version: str


@dataclass(frozen=True)
class AliasReference:
    """`models:/name@champion`. Also `models:/name/experimental`: a word that is no stage can only be meant as an alias."""

    name: str
    alias: str


@dataclass(frozen=True)
class StageReference:
    """`models:/name/production` in any case; stage is one of STAGES, or `latest` for the newest version of any stage."""

    name: str
    stage: str


@dataclass(frozen=True)
class LoggedModelReference:
    """`models:/m-0123…`: a model that was logged and perhaps never registered."""

    model_id: str


@dataclass(frozen=True)
class RunReference:
    """`runs:/run_id/path`."""

    run_id: str
    path: str


@dataclass(frozen=True)
class StorageReference:
    """`s3://…`, `gs://…`, `https://…`, `mlflow-artifacts:/…`: already says where the model is."""

    uri: str


RegistryReference = VersionReference | AliasReference | StageReference | LoggedModelReference | RunReference
Reference = RegistryReference | StorageReference

_MODEL = re.compile(r"models:/+(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<selector>[^/@]+))?")
_LOGGED = re.compile(r"models:/+(?P<id>m-[0-9a-f]{32})")
_RUN = re.compile(r"runs:/+(?P<run>[^/]+)/(?P<path>.+)")
_STORAGE = re.compile(r"[a-z][a-z0-9+.-]*:/+[^/].*|/.+")


def named_model(reference: Reference) -> str:
    """The registered model that a reference names, "" where it names none."""
    return reference.name if isinstance(reference, VersionReference | AliasReference | StageReference) else ""


def parse(uri: str, *, as_written: bool = False) -> Reference:
    """Read a model URI. Raises InvalidError with an example of what was meant.

    `as_written`: a program of the user's fetches the model and knows what any text but a registry's means.
    """
    if logged := _LOGGED.fullmatch(uri):
        return LoggedModelReference(logged["id"])
    if uri.startswith("models:"):
        return _registered(uri)
    if uri.startswith("runs:"):
        if run := _RUN.fullmatch(uri):
            return RunReference(run["run"], run["path"].rstrip("/"))
        raise InvalidError("InvalidModelUri", f"{uri!r} names no artifact of a run: write runs:/<run id>/<path>")
    if as_written or _STORAGE.fullmatch(uri):
        return StorageReference(uri)
    raise InvalidError(
        "InvalidModelUri", f"{uri!r} is no model URI: write models:/<name>@<alias> or where it is stored, s3://…"
    )


def _registered(uri: str) -> RegistryReference:
    match = _MODEL.fullmatch(uri)
    if not match or not (match["alias"] or match["selector"]):
        raise InvalidError(
            "InvalidModelUri", f"{uri!r} names no version: write models:/<name>/<version> or models:/<name>@<alias>"
        )
    name, alias, selector = match["name"], match["alias"], match["selector"]
    if alias:
        return AliasReference(name, alias)
    if selector.isdecimal():
        return VersionReference(name, str(int(selector)))
    if selector.lower() == "latest":
        return StageReference(name, "latest")
    for stage in STAGES:
        if selector.lower() == stage.lower():
            return StageReference(name, stage)
    return AliasReference(name, selector)
