"""The first prediction of a model, made before anyone waits for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import orjson
import yaml

from sdep.runtime.errors import BadDataError
from sdep.runtime.log import event
from sdep.runtime.message import Payload
from sdep.runtime.servers.mlflow import MLMODEL

if TYPE_CHECKING:
    from pathlib import Path

    from sdep.runtime.servers.model import Model

_LONGEST = 500
"""Characters of an error that are told: some have a whole table in them."""
CALLS = 3
"""The first call pays for what is lazy in a library; the last one is what a request will cost."""


class Warmth(NamedTuple):
    """`seconds` of a warm prediction of the saved input example; None where there is none, or it was not answered: `failed` says why."""

    seconds: float | None = None
    failed: str = ""


def warm_up(model: Model, directory: Path) -> Warmth:
    """A model that fails its example may still serve what clients send: who compares it with another version judges that."""
    example = input_example(directory)
    if example is None:
        return Warmth()
    try:
        return Warmth(min(_timed(model, example) for _ in range(CALLS)))
    except BadDataError as error:
        event("input example refused", level="warning", directory=str(directory), reason=error.message)
        return Warmth(failed=error.message[:_LONGEST])
    except Exception as error:  # noqa: BLE001 - whatever a model raises
        event("input example failed", level="warning", directory=str(directory), error=error)
        return Warmth(failed=f"{type(error).__name__}: {error}"[:_LONGEST])


def _timed(model: Model, payload: Payload) -> float:
    begin = time.perf_counter()
    model.predict(payload)
    return time.perf_counter() - begin


def input_example(directory: Path) -> Payload | None:
    """MLflow's saved example as a client would send it."""
    if not (directory / MLMODEL).is_file():
        return None
    saved = (yaml.safe_load((directory / MLMODEL).read_text()) or {}).get("saved_input_example_info") or {}
    path = directory / str(saved.get("artifact_path", ""))
    if path.suffix != ".json" or not path.is_file():
        return None
    return Payload(orjson.loads(path.read_bytes()), "jsonData")
