"""An explainer trained ahead: a folder with explainer.json and the reference data, and no pickle in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sdep.errors import InvalidError
from sdep.runtime.reference.reference import FOLDER, Reference, read_reference, save_reference

FILE = "explainer.json"
FORMAT = 1
_OF_V1 = ("explainer.dill", "meta.dill", "model.h5")


class Artifact(NamedTuple):
    """`ahead` is what was computed of the data and the model, by name."""

    type: str
    config: Mapping[str, str]
    reference: Reference | None
    ahead: Mapping[str, Any]


def no_artifact() -> Artifact:
    return Artifact("", {}, None, {})


def write_artifact(folder: Path, artifact: Artifact) -> None:
    if artifact.reference is not None:
        save_reference(folder / FOLDER, artifact.reference)
    folder.mkdir(parents=True, exist_ok=True)
    said = {"format": FORMAT, "type": artifact.type, "config": artifact.config, "ahead": artifact.ahead}
    (folder / FILE).write_bytes(orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_INDENT_2))


def read_artifact(folder: Path, wanted: str) -> Artifact:
    """`InvalidError` says what is wrong with the folder, and how to make a good one."""
    if not (folder / FILE).is_file():
        raise InvalidError("InvalidExplainer", _not_ours(folder))
    try:
        said = orjson.loads((folder / FILE).read_bytes())
        made = Artifact(said["type"], dict(said["config"]), read_reference(folder / FOLDER), dict(said["ahead"]))
        number = said["format"]
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError) as error:
        raise InvalidError("InvalidExplainer", f"{FILE} of the explainer cannot be read: {error}") from error
    if number != FORMAT:
        raise InvalidError(
            "InvalidExplainer", f"{FILE} has the format {number}, and this runtime reads {FORMAT}: fit it anew"
        )
    if made.type != wanted:
        raise InvalidError(
            "InvalidExplainer", f"the explainer was fitted as {made.type}, and the manifest names {wanted}"
        )
    return made


def _not_ours(folder: Path) -> str:
    found = next((name for name in _OF_V1 if any(folder.rglob(name))), "")
    if found:
        return f"explainer.modelUri holds {found}, which needs alibi's own code and Python: fit it anew with `sdep explainer fit`"
    return f"explainer.modelUri holds no {FILE}: make one with `sdep explainer fit`"
