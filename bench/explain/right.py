"""SHAP values beside the shap library's, and anchors on rows that nobody has seen."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from bench.environment import python_of
from bench.explain.subjects import FEATURES, NAMES, REFERENCE, ROWS
from bench.targets import Target
from sdep.runtime.explain import anchor_tabular, kernel_shap, tree_shap
from sdep.runtime.explain.background import background
from sdep.runtime.explain.config import Config
from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]

EXPLAINED = 20
ANCHORS = 40
FRESH = 20_000
EXACT = 1e-6
"""XGBoost adds its contributions up in 32 bits; all others are right to 1e-9."""
SUMS = 1e-5
"""Against what the model answers by itself, in 32 bits too where it is XGBoost."""


class Counted:
    """A model's `predict` that counts its calls."""

    def __init__(self, predict: Any) -> None:  # noqa: ANN401 - a bound method
        self._predict = predict
        self.calls = 0

    def __call__(self, rows: Array) -> Array:
        self.calls += 1
        return np.asarray(self._predict(rows))


def context(model: Any, predict: Any = None, **config: str) -> Context:  # noqa: ANN401 - any estimator
    asked = predict or Counted(model.predict)
    return Context(predict=asked, names=NAMES, reference=REFERENCE, native=lambda: model, config=Config(config))


def beside_the_library(models: Mapping[str, Any], folder: Path) -> Iterator[tuple[Target, float]]:
    rows, behind = ROWS[:EXPLAINED], background(context(models["linear"])).rows
    trees = [name for name in models if name != "linear"]
    np.savez(folder / "rows.npz", rows=rows, behind=behind, trees=np.array(trees))
    for name, model in models.items():
        joblib.dump(model, folder / f"{name}.joblib")
    judge = [str(python_of("shap")), str(Path(__file__).with_name("shap_judge.py")), str(folder)]
    subprocess.run(judge, check=True, capture_output=True)
    with np.load(folder / "judged.npz") as judged:
        for name in trees:
            said = tree_shap.explain(rows, context(models[name])).data
            values = np.stack(said["shap_values"], axis=-1)
            theirs = judged[f"{name} values"].reshape(values.shape)
            size = np.abs(theirs).max()
            yield Target(f"shap-{_word(name)}-relative-difference", EXACT), float(np.abs(values - theirs).max() / size)
            answers = getattr(models[name], "predict_proba", models[name].predict)(rows).reshape(EXPLAINED, -1)
            gap = values.sum(axis=1) + said["expected_value"] - answers
            yield Target(f"shap-{_word(name)}-sum-less-prediction", SUMS), float(np.abs(gap).max())
        ours = kernel_shap.explain(rows, context(models["linear"])).data["shap_values"][0]
        yield Target("shap-linear-difference", 1e-9), float(np.abs(ours - judged["linear values"]).max())
        made = Counted(models["boosting"].predict)
        ours = kernel_shap.explain(rows[:5], context(models["boosting"], made)).data["shap_values"][0]
        yield Target("kernelshap-difference", 1e-6), float(np.abs(ours - judged["kernel values"]).max())
        yield Target("kernelshap-calls-5-rows", 4), made.calls


def of_anchors(model: Any) -> Iterator[tuple[Target, float]]:  # noqa: ANN401 - a classifier
    """Fresh rows are drawn by code of the benchmark's own."""
    measured, sure, calls = [], 0, []
    for row in ROWS[:ANCHORS]:
        asked = Counted(model.predict)
        found = anchor_tabular.explain(row[None], context(model, asked)).data
        calls.append(asked.calls)
        if found["raw"]["success"]:
            sure += 1
            measured.append(_precision(found["anchor"], row, model))
    short = sum(each < 0.95 - 0.01 for each in measured)
    print(
        f"anchors: {sure} of {ANCHORS} found; precision on fresh rows: least {min(measured):.4f}, mean {np.mean(measured):.4f}"
    )
    yield Target("anchors-not-found-share", 0.1), 1 - sure / ANCHORS
    yield Target("anchors-below-threshold-share", 0.1), short / max(1, len(measured))
    yield Target("anchors-calls-median", 40), float(np.median(calls))


def _precision(lines: list[str], row: Array, model: Any) -> float:  # noqa: ANN401 - a classifier
    rng = np.random.default_rng(123)
    fresh = ROWS[rng.integers(len(ROWS), size=FRESH)]
    for line in lines:
        words = line.split()
        feature = next(each for each in range(FEATURES) if NAMES[each] in words)
        fresh[:, feature] = rng.choice(_pool(words, ROWS[:, feature]), FRESH)
    return float((model.predict(fresh) == model.predict(row[None])).mean())


def _pool(words: list[str], values: Array) -> Array:
    """Those that a line such as `0.1 < f0 <= 2` allows."""
    between = 5
    if len(words) == between:
        return values[(values > float(words[0])) & (values <= float(words[4]))]
    return values[values > float(words[2])] if words[1] == ">" else values[values <= float(words[2])]


def _word(name: str) -> str:
    return name.replace(" ", "-")
