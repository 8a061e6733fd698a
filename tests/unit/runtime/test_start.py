"""A fresh process starts whatever its graph holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sdep.contract import ServedModel, ServedPredictor, ServedUnit

PROGRAM = """
import os
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.settings import read_settings
settings = read_settings(os.environ)
print(sorted(load_predictor(settings, Metrics(settings.predictor)).models))
"""


def test_models_whose_imports_overlap_load_in_a_process_that_has_imported_nothing(root: Path) -> None:
    """A forest and a linear model import scikit-learn from two ends; loaded side by side they can deadlock."""
    names = ("forest", "regression", "scaled")
    children = tuple(
        ServedUnit(name=name, implementation="MLFLOW_SERVER", model=ServedModel(name=name)) for name in names
    )
    graph = ServedUnit(name="c", type="COMBINER", implementation="AVERAGE_COMBINER", children=children)
    served = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=graph)
    environment = {**os.environ, "SDEP_PREDICTOR": served.model_dump_json(), "SDEP_ROOT": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines()[-1:] == [str(sorted(names))], done.stderr
