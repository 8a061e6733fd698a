"""The first prediction of a model, made before anyone waits for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson
import yaml

from sdep.runtime.errors import BadDataError
from sdep.runtime.log import event
from sdep.runtime.message import Payload
from sdep.runtime.servers.mlflow import MLMODEL

if TYPE_CHECKING:
    from pathlib import Path

    from sdep.runtime.servers.model import Model

CALLS = 3
"""The first call pays for what is lazy in a library; the last one is what a request will cost."""


def warm_up(model: Model, directory: Path) -> float | None:
    """Seconds of a warm prediction of the saved input example; None where there is none, or it does not fit."""
    example = input_example(directory)
    if example is None:
        return None
    try:
        return min(_timed(model, example) for _ in range(CALLS))
    except BadDataError as error:
        event("input example refused", level="warning", directory=str(directory), reason=error.message)
    except Exception as error:  # noqa: BLE001 - a model that fails its example may still serve what clients send
        event("input example failed", level="warning", directory=str(directory), error=error)
    return None


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
