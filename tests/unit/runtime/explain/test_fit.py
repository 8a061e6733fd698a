"""Explainers that are trained ahead."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from sdep.errors import InvalidError
from sdep.runtime.explain.artifact import FILE, read_artifact
from sdep.runtime.explain.background import representatives
from sdep.runtime.explain.data import Data
from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.fit import fit
from sdep.runtime.reference.reference import FOLDER, Reference
from tests.unit.runtime.explain.conftest import NAMES, PRICE, RISING, ROWS


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    joblib.dump(RandomForestClassifier(5, max_depth=4, random_state=0).fit(ROWS, RISING), folder / "model.joblib")
    return folder


def test_what_was_fitted_is_read_again(model: Path, reference: Reference, tmp_path: Path) -> None:
    """The same data, flags and background; and no file in it is a pickle."""
    folder = fit(model, reference, "KernelShap", {"n_background_samples": "20"}, tmp_path / "made")
    found = read_artifact(folder, "KernelShap")
    assert found.config == {"n_background_samples": "20"}
    assert found.reference is not None
    assert found.reference.names == NAMES
    assert (np.column_stack(found.reference.columns) == ROWS).all()
    weights = found.ahead["background"]["weights"]
    assert 0 < len(weights) <= 20
    assert sum(weights) == pytest.approx(1)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == [f"{FOLDER}/data.npz", FILE]


def test_few_rows_stand_for_the_data(reference: Reference) -> None:
    """Their weighted mean is that of all rows, to a tenth of the spread."""
    found = representatives(Data(reference), 30)
    assert found.weights @ found.rows == pytest.approx(ROWS.mean(axis=0), abs=0.1)


def test_a_model_that_the_method_cannot_explain_is_not_fitted(reference: Reference, tmp_path: Path) -> None:
    joblib.dump(LinearRegression().fit(ROWS, PRICE), tmp_path / "model.joblib")
    with pytest.raises(NotExplainableError, match="takes trees"):
        fit(tmp_path, reference, "TreeShap", {}, tmp_path / "made")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"explainer.dill": ""}, r"holds explainer\.dill, which needs alibi's own code and Python: fit it anew"),
        ({}, r"holds no explainer\.json: make one with `sdep explainer fit`"),
        ({FILE: "{"}, "cannot be read"),
    ],
)
def test_what_is_no_artifact_of_ours_is_told_how_to_make_one(tmp_path: Path, files: dict[str, str], words: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InvalidError, match=words):
        read_artifact(tmp_path, "AnchorTabular")


def test_an_explainer_of_another_type_is_refused(model: Path, reference: Reference, tmp_path: Path) -> None:
    folder = fit(model, reference, "ALE", {}, tmp_path / "made")
    with pytest.raises(InvalidError, match="was fitted as ALE, and the manifest names KernelShap"):
        read_artifact(folder, "KernelShap")
