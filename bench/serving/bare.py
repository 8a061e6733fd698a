"""What a prediction costs without any server: the model's own `predict`, and the path that the runtime takes to it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from bench.serving.models import columns, folder, rows
from bench.serving.servers import unit
from sdep.runtime.message import Payload
from sdep.runtime.servers.load import load_model


def bare(root: Path, model: str, seconds: float) -> dict[str, float]:
    """Median seconds of one row, by what is called."""
    import mlflow.pyfunc  # noqa: PLC0415 - two seconds, for this alone

    loaded = load_model(unit(model), folder(root, model))
    pyfunc = mlflow.pyfunc.load_model(str(folder(root, model)), suppress_warnings=True)
    array = np.array(rows(model, 1))
    payload = Payload(array, "ndarray")
    frame = pd.DataFrame(array, columns=columns(model))
    estimator = pyfunc.get_raw_model()
    calls: dict[str, Callable[[], object]] = {
        "scikit-learn, DataFrame": lambda: estimator.predict(frame),
        "pyfunc, DataFrame": lambda: pyfunc.predict(frame),
        "runtime's path": lambda: loaded.predict(payload),
    }
    return {name: _median(call, seconds / len(calls)) for name, call in calls.items()}


def _median(call: Callable[[], object], seconds: float) -> float:
    took, end = [], time.perf_counter() + seconds
    call()
    while (begin := time.perf_counter()) < end:
        call()
        took.append(time.perf_counter() - begin)
    return statistics.median(took)
