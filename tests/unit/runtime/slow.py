"""A model that takes its time without taking a CPU, so that the machine's other work does not count."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from sdep.contract import ServedModel, ServedParameter, ServedUnit


def save_slow(folder: Path, seconds: float) -> Path:
    """What is returned gets a byte for each call that the model began."""
    began = folder / "began"

    class Slow:
        def predict(self, rows: Any) -> Any:  # noqa: ANN401 - an array
            with began.open("ab") as calls:
                calls.write(b".")
            time.sleep(seconds)
            return np.asarray(rows).sum(axis=1)

    folder.mkdir(parents=True)
    began.touch()
    (folder / "model.pkl").write_bytes(cloudpickle.dumps(Slow()))
    return began


def slow_unit(name: str) -> ServedUnit:
    method = ServedParameter(name="method", value="predict", type="STRING")
    return ServedUnit(name=name, implementation="SKLEARN_SERVER", model=ServedModel(name="m"), parameters=(method,))
