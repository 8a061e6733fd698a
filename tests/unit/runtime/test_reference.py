"""The data that a model was made with, found where people keep it and put beside the model."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import fastparquet
import mlflow
import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow.data.http_dataset_source import HTTPDatasetSource
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

from sdep.contract import ENV_REFERENCE, ENV_REFERENCE_REQUIRED, LOGGED_REFERENCE, FetchFailure
from sdep.runtime.fetch import main as fetch
from sdep.runtime.reference.prepare import prepare_reference
from sdep.runtime.reference.reference import FOLDER, MOST_ROWS, Reference, ReferenceNotFoundError, read_reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # of MLflow's own code

NAMES = ["oil", "gas"]
FRAME = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 2)), columns=NAMES)
PRICE = pd.Series(FRAME["oil"] + 2 * FRAME["gas"], name="price")
TABLE = FRAME.assign(price=PRICE)


@pytest.fixture(autouse=True)
def tracking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store of runs of this test alone."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"file://{tmp_path}/runs")
    yield
    mlflow.set_tracking_uri(None)


@pytest.fixture
def web_folder(tmp_path: Path) -> Iterator[str]:
    """The test's folder as a web server has it."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def save(path: Path, frame: pd.DataFrame = FRAME, **more: object) -> None:
    model = LinearRegression().fit(frame, PRICE)
    mlflow.sklearn.save_model(
        model,
        path,
        signature=infer_signature(frame, PRICE),
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
        **more,
    )


def prepared(directory: Path, asked: str = LOGGED_REFERENCE) -> Reference:
    prepare_reference(directory, {ENV_REFERENCE: asked})
    return read_reference(directory / FOLDER)


@pytest.mark.parametrize("suffix", ["csv", "json", "npz", "parquet"])
def test_a_named_file_becomes_the_features_in_the_models_order_and_what_it_was_to_answer(
    tmp_path: Path, suffix: str
) -> None:
    """Columns are found by the signature's names, wherever they stand in the file."""
    save(tmp_path / "model")
    table, file = TABLE[["price", "gas", "oil"]], tmp_path / f"data.{suffix}"
    writers = {
        "csv": lambda: table.to_csv(file, index=False),
        "json": lambda: table.to_json(file, orient="split", index=False),
        "parquet": lambda: fastparquet.write(str(file), table),
        "npz": lambda: np.savez(file, **{name: table[name] for name in table}),
    }
    writers[suffix]()
    found = prepared(tmp_path / "model", str(file))
    assert found.names == ("oil", "gas")
    assert np.allclose(found.columns, FRAME.to_numpy().T)
    assert found.outputs is not None
    assert np.allclose(found.outputs, PRICE)


def test_the_artifact_of_the_models_run_is_found(tmp_path: Path) -> None:
    """What `mlflow.log_artifact('reference_data.csv')` logged is the reference, with nothing in the manifest."""
    TABLE.to_csv(tmp_path / "reference_data.csv", index=False)
    with mlflow.start_run():
        mlflow.log_artifact(str(tmp_path / "reference_data.csv"))
        save(tmp_path / "model", mlflow_model=mlflow.models.Model(run_id=mlflow.active_run().info.run_id))
    assert np.allclose(prepared(tmp_path / "model").columns, FRAME.to_numpy().T)


def test_a_data_set_of_the_run_is_found_by_its_source(tmp_path: Path, web_folder: str) -> None:
    """MLflow keeps of `mlflow.log_input` the address of the data, and that is fetched."""
    TABLE.to_csv(tmp_path / "train.csv", index=False)
    with mlflow.start_run():
        source = HTTPDatasetSource(f"{web_folder}/train.csv")
        mlflow.log_input(mlflow.data.from_pandas(TABLE, source=source, targets="price"), context="training")
        save(tmp_path / "model", mlflow_model=mlflow.models.Model(run_id=mlflow.active_run().info.run_id))
    assert np.allclose(prepared(tmp_path / "model").columns, FRAME.to_numpy().T)


def test_an_input_example_of_many_rows_will_do(tmp_path: Path) -> None:
    """Without anything else the example's rows are the reference, without answers."""
    save(tmp_path / "model", input_example=FRAME)
    found = prepared(tmp_path / "model")
    assert np.allclose(found.columns, FRAME.to_numpy().T)
    assert found.outputs is None


def test_text_and_missing_values_are_kept_as_such(tmp_path: Path) -> None:
    """A category is text, a missing number NaN and a missing category empty."""
    frame = pd.DataFrame({"kind": ["a", None, "b"], "size": [1.0, np.nan, 3.0]})
    frame.to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "model").mkdir()
    kind, size = prepared(tmp_path / "model", str(tmp_path / "data.csv")).columns
    assert kind.tolist() == ["a", "", "b"]
    assert np.array_equal(size, [1.0, np.nan, 3.0], equal_nan=True)


def test_many_rows_are_thinned_evenly(tmp_path: Path) -> None:
    """A reference is bounded: of more rows than that every so-many-th is kept."""
    np.save(tmp_path / "data.npy", np.arange(3 * MOST_ROWS).reshape(-1, 1))
    (tmp_path / "model").mkdir()
    (column,) = prepared(tmp_path / "model", str(tmp_path / "data.npy")).columns
    assert column.tolist() == list(range(0, 3 * MOST_ROWS, 3))


def test_a_model_without_data_is_fetched_all_the_same_and_the_reason_says_what_to_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that lacks keeps a model from serving; who asks for the reference reads what to log."""
    save(tmp_path / "saved")
    monkeypatch.setenv(ENV_REFERENCE, LOGGED_REFERENCE)
    assert fetch(str(tmp_path / "saved"), tmp_path / "model") == 0
    assert (tmp_path / "model" / "MLmodel").is_file()
    with pytest.raises(ReferenceNotFoundError, match=r"log a table .*reference_data\.csv"):
        read_reference(tmp_path / "model" / FOLDER)


def test_what_is_nothing_without_data_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the data is required, its lack is a failure of the init container with a reason of its own."""
    save(tmp_path / "saved")
    for name, value in ((ENV_REFERENCE, LOGGED_REFERENCE), (ENV_REFERENCE_REQUIRED, "true")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SDEP_TERMINATION_LOG", str(tmp_path / "last-words"))
    assert fetch(str(tmp_path / "saved"), tmp_path / "model") == 1
    failure = FetchFailure.model_validate_json((tmp_path / "last-words").read_text())
    assert failure.reason == "ReferenceNotFound"
    assert "reference_data.csv" in failure.message


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (FRAME[["oil"]], "has no column gas, which the model takes: it has oil"),
        (FRAME[:0], "has no rows"),
    ],
)
def test_data_that_is_not_the_models_is_said(tmp_path: Path, table: pd.DataFrame, said: str) -> None:
    """A column that is not there is named."""
    save(tmp_path / "model")
    table.to_csv(tmp_path / "data.csv", index=False)
    with pytest.raises(ReferenceNotFoundError, match=said):
        prepared(tmp_path / "model", str(tmp_path / "data.csv"))


def test_a_file_that_is_no_table_is_said(tmp_path: Path) -> None:
    """Rubbish ends in a reason, not in an init container that fails."""
    (tmp_path / "model").mkdir()
    (tmp_path / "data.json").write_text('{"a": [1, 2], "b": 3')
    with pytest.raises(ReferenceNotFoundError, match=r"data\.json cannot be read as a table"):
        prepared(tmp_path / "model", str(tmp_path / "data.json"))
