"""Where MLflow may have kept the data that a model was trained with, the best first."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import yaml

from sdep.runtime.log import event
from sdep.runtime.reference.reference import ReferenceNotFoundError
from sdep.runtime.reference.tables import SUFFIXES, read_table, table_of_example
from sdep.runtime.servers.mlflow import MLMODEL
from sdep.runtime.servers.warmup import input_example

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd

NAME = "reference_data"
"""What a file beside the model, or an artifact of its run, is called that was logged for this."""
FEWEST_EXAMPLES = 20
"""Rows of an input example below which it says nothing of a distribution."""
_CONTEXTS = ("reference", "training", "train", "")
WHAT_TO_LOG = f"log a table of the training data in the model's run, as mlflow.log_artifact('{NAME}.csv'), or name its URI in the manifest"


def logged_table(directory: Path, fetch: Callable[[str], Path]) -> tuple[pd.DataFrame, str]:
    """The table and where it was found. `fetch` downloads a URI. Raises ReferenceNotFoundError, which says what to log."""
    for beside in (directory / f"{NAME}{suffix}" for suffix in SUFFIXES):
        if beside.is_file():
            return read_table(beside), beside.name
    run = run_of(directory)
    for uri in _of_run(run) if run else ():
        try:
            return read_table(fetch(uri)), uri
        except Exception as error:  # noqa: BLE001 - a data set may be anywhere, and most places are not for a pod
            event("reference data not readable", level="warning", uri=uri, error=error)
    example = _example(directory)
    if example is not None:
        return example, "the model's input example"
    where = f"run {run} has none that can be read" if run else "the model names no run"
    raise ReferenceNotFoundError(
        f"no reference data: {where}, and no input example of {FEWEST_EXAMPLES} rows: {WHAT_TO_LOG}"
    )


def run_of(directory: Path) -> str:
    try:
        mlmodel: Mapping[str, Any] = yaml.safe_load((directory / MLMODEL).read_text()) or {}
    except OSError:
        return ""
    return str(mlmodel.get("run_id") or "")


def _of_run(run: str) -> Iterator[str]:
    """URIs of what was logged: artifacts of our name, then the run's data sets, those for training first."""
    client = import_module("mlflow").MlflowClient()
    try:
        names = [str(artifact.path) for artifact in client.list_artifacts(run)]
        inputs = client.get_run(run).inputs.dataset_inputs
    except Exception as error:  # noqa: BLE001 - without the server there is still the example
        event("run not readable", level="warning", run=run, error=error)
        return
    yield from (f"runs:/{run}/{name}" for name in names if name.partition(".")[0] == NAME)
    for context in _CONTEXTS:
        yield from (
            source for given in inputs if _context(given) == context and (source := _source(given.dataset.source))
        )


def _context(given: Any) -> str:  # noqa: ANN401 - MLflow's DatasetInput
    return next((str(tag.value) for tag in given.tags if tag.key == "mlflow.data.context"), "")


def _source(text: str) -> str:
    """The URI of a data set's source, which MLflow keeps as JSON; "" of code, or of a source without an address."""
    try:
        source = json.loads(text)
    except ValueError:
        return ""
    address = source.get("uri") or source.get("url") or "" if isinstance(source, dict) else ""
    return str(address) if "://" in str(address) else ""


def _example(directory: Path) -> pd.DataFrame | None:
    payload = input_example(directory)
    if payload is None:
        return None
    try:
        table = table_of_example(payload.value)
    except ValueError:
        return None
    return table if len(table) >= FEWEST_EXAMPLES else None
