"""Models that ask for other packages than the image has: noticed, said, and served by an environment of their own."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from sdep.contract import ENV_CACHE, ENV_ENVIRONMENT, FetchFailure, FetchReport, ServedModel, ServedUnit
from sdep.runtime.environment.compare import differences
from sdep.runtime.environment.prepare import CHOICE, chosen_python, prepare
from sdep.runtime.environment.pyfunc import WorkerError, WorkerPyfunc
from sdep.runtime.environment.wanted import read_wanted
from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Payload
from sdep.runtime.servers.load import load_model
from tests.clock import on_the_clock
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SKLEARN = metadata.version("scikit-learn")
HERE = ".".join(map(str, sys.version_info[:2]))


def _model(directory: Path, requirements: str, loader: str = "mlflow.sklearn", python: str = HERE) -> Path:
    directory.mkdir(parents=True)
    flavor = f"{{loader_module: {loader}, python_version: {python}.1}}"
    (directory / "MLmodel").write_text(f"flavors:\n  python_function: {flavor}\n")
    (directory / "requirements.txt").write_text(requirements)
    return directory


@pytest.mark.parametrize(
    ("requirements", "loader", "python", "said"),
    [
        (f"scikit-learn=={SKLEARN}\nmlflow==1.2", "mlflow.sklearn", HERE, []),
        (f"scikit-learn=={SKLEARN.rpartition('.')[0]}.77", "mlflow.sklearn", HERE, []),
        ("scikit-learn==0.24.2", "mlflow.sklearn", "3.8", [f"scikit-learn==0.24.2 (here {SKLEARN})"]),
        (f"scikit-learn=={SKLEARN}\npandas==1.0", "mlflow.sklearn", HERE, []),
        ("xgboost<2", "mlflow.xgboost", HERE, ["xgboost<2 (not in the image)"]),
        ("numpy>=1\nnowhere", "mlflow.pyfunc.model", HERE, ["nowhere (not in the image)"]),
        ("numpy>=1", "mlflow.pyfunc.model", "3.8", [f"Python 3.8.1 (here {HERE})"]),
        ("nowhere; python_version < '3'", "mlflow.pyfunc.model", HERE, []),
    ],
)
def test_what_differs(tmp_path: Path, requirements: str, loader: str, python: str, said: list[str]) -> None:
    """Only what reads the model's files decides: another patch of a pinned version is as good, another minor is not."""
    wanted = read_wanted(_model(tmp_path / "m", requirements, loader, python))

    assert wanted is not None
    assert differences(wanted) == said


def test_an_older_models_requirements_are_in_conda_yaml(tmp_path: Path) -> None:
    """Before requirements.txt, MLflow wrote them there alone."""
    model = _model(tmp_path / "m", "")
    (model / "requirements.txt").unlink()
    (model / "conda.yaml").write_text("dependencies:\n- python=3.8.2\n- pip\n- pip: [scikit-learn==0.22, mlflow]\n")

    wanted = read_wanted(model)
    assert wanted is not None
    assert wanted.lines == ("scikit-learn==0.22", "mlflow")


@pytest.mark.parametrize(("policy", "kind"), [("image", FetchReport), ("require", FetchFailure), ("", type(None))])
def test_the_policy_decides(tmp_path: Path, policy: str, kind: type) -> None:
    """`image` serves and says what differs, `require` refuses; where nobody asked, another program serves it."""
    model = _model(tmp_path / "m", "scikit-learn==0.24.2")

    outcome = prepare(model, {ENV_ENVIRONMENT: policy})
    assert isinstance(outcome, kind)
    if outcome is not None:
        assert outcome.reason == "EnvironmentDiffers"
        assert "scikit-learn==0.24.2" in outcome.message
    assert chosen_python(model) is None


def _wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    about, tag = f"{name}-{version}.dist-info", "py3-none-any"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture
def wheelhouse(tmp_path: Path) -> dict[str, str]:
    """Variables under which uv sees one package, in a folder, and no network."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    _wheel(folder, "tiny_model", "1.0", {"tiny_model.py": "ANSWER = 42\n"})
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    offline = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(folder), "PATH": path}
    return {**offline, ENV_CACHE: str(tmp_path / "cache"), ENV_ENVIRONMENT: "make"}


def test_pods_make_an_environment_once(tmp_path: Path, wheelhouse: dict[str, str]) -> None:
    """Three at once, offline with a wheelhouse: one makes it, the others find it, and its Python has the package."""
    models = [_model(tmp_path / name, "tiny-model==1.0", "mlflow.pyfunc.model") for name in ("a", "b", "c")]
    log = {"SDEP_TERMINATION_LOG": os.devnull}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "sdep", "fetch", str(model), str(tmp_path / f"{model.name}-served")],
            env={**os.environ, **wheelhouse, **log},
            stdout=subprocess.PIPE,
            text=True,
        )
        for model in models
    ]
    said = [program.communicate(timeout=100)[0] for program in running]

    assert [program.returncode for program in running] == [0, 0, 0], said
    assert sum("environment made" in text for text in said) == 1
    python = {chosen_python(tmp_path / f"{model.name}-served") for model in models}
    assert len(python) == 1
    found = subprocess.run(
        [str(python.pop()), "-c", "import tiny_model; print(tiny_model.ANSWER)"], capture_output=True, check=True
    )
    assert found.stdout == b"42\n"


def test_an_environment_that_can_not_be_made_is_a_reason(tmp_path: Path, wheelhouse: dict[str, str]) -> None:
    """The pod does not serve, and the message has uv's words and what there is to set."""
    outcome = prepare(_model(tmp_path / "m", "nowhere==1", "mlflow.pyfunc.model"), wheelhouse)

    assert isinstance(outcome, FetchFailure)
    assert outcome.reason == "EnvironmentNotMade"
    assert "nowhere" in outcome.message
    assert "UV_FIND_LINKS" in outcome.message
    assert list((tmp_path / "cache" / "environments").glob("[!.]*")) == []


@pytest.fixture(scope="module")
def worker(root: Path) -> Iterator[WorkerPyfunc]:
    """The user's model in a process of another Python: here another process of the same one."""
    made = WorkerPyfunc(Path(sys.executable), root / "mnt" / "models" / "regression")
    yield made
    made.close()


def test_a_model_answers_from_its_own_process(worker: WorkerPyfunc) -> None:
    """A table goes there and the numbers come back, as from MLflow's own object."""
    table = pd.DataFrame({"oil": [1.0, 2.0], "gas": [0.0, 1.0], "fx": [0.0, 0.0]})

    found = worker.predict(table)
    assert isinstance(found, np.ndarray)
    assert found == pytest.approx([5.0, 8.0])


def test_a_refused_input_is_the_clients_fault(worker: WorkerPyfunc) -> None:
    """MLflow's own word for it comes back with the sentence."""
    with pytest.raises(WorkerError) as caught:
        worker.predict(pd.DataFrame({"oil": [1.0]}))

    assert caught.value.error_code in {"BAD_REQUEST", "INVALID_PARAMETER_VALUE"}
    assert "gas" in str(caught.value)


def test_a_process_that_died_is_started_again(worker: WorkerPyfunc) -> None:
    """The call that it died in fails with a sentence, the next one answers."""
    table = pd.DataFrame({"oil": [1.0], "gas": [0.0], "fx": [0.0]})
    assert worker._process is not None
    worker._process.kill()

    with pytest.raises(WorkerError, match="ended"):
        worker.predict(table)
    assert worker.predict(table) == pytest.approx([5.0])


def test_the_server_takes_the_environment_that_was_made(
    root: Path, tmp_path: Path, unit: Callable[..., ServedUnit]
) -> None:
    """A folder that names a Python is served by it, with the same checks of the input before it."""
    copied = Path(shutil.copytree(root / "mnt" / "models" / "regression", tmp_path / "copied"))
    (copied / CHOICE).write_text(json.dumps({"python": sys.executable}))

    model = load_model(unit("regression"), copied)
    try:
        answer = model.predict(Payload(np.array([[1.0, 0.0, 0.0]]), "ndarray", names=("oil", "gas", "fx")))
        assert answer.value == pytest.approx([5.0])
        with pytest.raises(BadDataError):
            model.predict(Payload(np.array([["x", 0, 0]], dtype=object), "ndarray", names=("oil", "gas", "fx")))
    finally:
        model.pyfunc.close()  # type: ignore[attr-defined]


READY_IMPORTS = 4
"""Less than 15 s on a machine that imports MLflow in less than four."""


@on_the_clock
def test_a_warm_cache_makes_a_pod_ready_in_time(
    root: Path, tmp_path: Path, wheelhouse: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """From the init container's start to the probe's yes, of a small model whose environment another pod has made.

    What is asserted is processor time, beside that of importing MLflow, which is most of it: the clock, which is printed, is of the
    whole machine.
    """
    model = _small_model_of_its_own(root, tmp_path, wheelhouse)
    pod = tmp_path / "pod"
    assert "environment made" in _fetch(model, tmp_path / "earlier", wheelhouse)
    imported = _of_ended_children()
    subprocess.run([sys.executable, "-c", "import mlflow.pyfunc"], check=True)
    imported = _of_ended_children() - imported

    begin, used = time.monotonic(), _of_ended_children()
    assert "environment found in the cache" in _fetch(model, pod / "mnt" / "models" / "price", wheelhouse)
    used = _of_ended_children() - used
    fetched = time.monotonic()
    graph = ServedUnit(name="price", implementation="MLFLOW_SERVER", model=ServedModel(name="price", version="1"))
    with running(pod, graph) as engine:
        ready, used = time.monotonic(), used + _of_process(engine.process.pid)
        answer = engine.post("/api/v1.0/predictions", {"data": {"names": ["oil", "gas", "fx"], "ndarray": [[1, 2, 3]]}})

    with capsys.disabled():
        print(
            f"\nready {ready - begin:.1f} s after start with a warm environment cache, "
            f"{fetched - begin:.1f} s of it the init container, "
            f"with {used:.1f} s of processor time; importing MLflow takes {imported:.1f} s of it here"
        )
    assert answer["data"]["ndarray"] == [pytest.approx(18)]
    assert used < READY_IMPORTS * imported


def _small_model_of_its_own(root: Path, tmp_path: Path, wheelhouse: dict[str, str]) -> Path:
    """It asks for a scikit-learn that the image has not; that of the wheelhouse leads to the one that runs the tests."""
    model = Path(shutil.copytree(root / "mnt" / "models" / "regression", tmp_path / "saved"))
    (model / "requirements.txt").write_text("scikit-learn==99.0\n")
    here = {"here.pth": f"{Path(np.__file__).parents[1]}\n"}
    _wheel(Path(wheelhouse["UV_FIND_LINKS"]), "scikit_learn", "99.0", here)
    return model


def _fetch(model: Path, directory: Path, wheelhouse: dict[str, str]) -> str:
    """As the init container does; its log."""
    environment = {**os.environ, **wheelhouse, "SDEP_TERMINATION_LOG": os.devnull}
    command = [sys.executable, "-m", "sdep", "fetch", str(model), str(directory)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout


def _of_ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _of_process(process: int) -> float:
    """Seconds of a process and of those that it started."""
    children = [
        each for task in Path(f"/proc/{process}/task").iterdir() for each in (task / "children").read_text().split()
    ]
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_of_process(int(child)) for child in children)
