"""`sdep explainer fit`: what it makes is kept in the model's run, and explains where no reference data is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlflow
import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

from sdep.cli import main
from sdep.runtime.download import download
from sdep.runtime.explain.artifact import read_artifact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # of MLflow's own code

FRAME = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 2)), columns=["oil", "gas"])
PRICE = FRAME["oil"] + 2 * FRAME["gas"]


@pytest.fixture(autouse=True)
def tracking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A store of runs of this test alone."""
    uri = f"file://{tmp_path}/runs"
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(uri)
    yield uri
    mlflow.set_tracking_uri(None)


def logged(tmp_path: Path) -> tuple[str, str]:
    """The folder of a model and the run that made it."""
    with mlflow.start_run() as run:
        mlflow.sklearn.save_model(
            LinearRegression().fit(FRAME, PRICE),
            tmp_path / "model",
            signature=infer_signature(FRAME, PRICE),
            serialization_format="cloudpickle",
            pip_requirements=["scikit-learn"],  # finding them out by itself takes MLflow ten seconds
            mlflow_model=mlflow.models.Model(run_id=run.info.run_id),
        )
    FRAME.assign(price=PRICE).to_csv(tmp_path / "training.csv", index=False)
    return str(tmp_path / "model"), run.info.run_id


def test_the_artifact_is_kept_in_the_models_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is a URI that an init container can fetch, with the type, the flags and the data in it."""
    model, run = logged(tmp_path)
    asked = ["explainer", "fit", model, "--type", "KernelShap", "--reference", str(tmp_path / "training.csv")]
    assert main([*asked, "--config", "nsamples=64"]) == 0
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed == f"runs:/{run}/explainer"
    (tmp_path / "incoming").mkdir()
    found = read_artifact(download(printed, tmp_path / "incoming").path, "KernelShap")
    assert found.config == {"nsamples": "64"}
    assert found.reference is not None
    assert found.reference.names == ("oil", "gas")


def test_without_data_it_says_what_to_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is made, and the answer is no."""
    model, _ = logged(tmp_path)
    assert main(["explainer", "fit", model, "--type", "ALE", "--output", str(tmp_path / "made")]) == 1
    assert "ReferenceNotFound: no reference data" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_a_type_that_the_model_does_not_allow_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """TreeShap of a model without trees ends before anything is kept, and says what can do without."""
    model, _ = logged(tmp_path)
    data = str(tmp_path / "training.csv")
    asked = ["explainer", "fit", model, "--type", "TreeShap", "--reference", data, "--output", str(tmp_path / "made")]
    assert main(asked) == 1
    assert "NotExplainable" in capsys.readouterr().err


def test_wrong_calls_are_told_from_failures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A flag without a value, or with one that is none, is the caller's to correct."""
    model, _ = logged(tmp_path)
    asked = ["explainer", "fit", model, "--type", "KernelShap", "--reference", str(tmp_path / "training.csv")]
    assert main([*asked, "--config", "nsamples"]) == 2
    assert main([*asked, "--config", "nsamples=many"]) == 2
    assert "explainer.config.nsamples must be a number" in capsys.readouterr().err
