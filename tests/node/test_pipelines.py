"""The guide's pipelines, run by Kubeflow's local runner on the cluster: a model is served, its successor promoted, and taken back."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from demo.kubectl import Target, until
from tests.node import sdep
from tests.node.mlflow import Mlflow
from tests.node.sdep import NAMESPACE, unit

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "pipelines.md"
MODEL, ALIAS = "commodity_price_predictor", "from-pipeline"
NAME = "from-pipeline"
LOCALLY = """
import json, sys
from kfp import local
from sdep.pipelines import roll_back
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[1])
made = globals()[sys.argv[2]](**json.loads(sys.argv[3]))
print("OUTPUT", made.output)
"""


def run(python: Path, target: Target, folder: Path, which: str, /, **arguments: object) -> str:
    """What the pipeline, or the component, of the guide gives; its log is in the error where it fails."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    (folder / "program.py").write_text(block + LOCALLY)
    done = subprocess.run(
        [python, str(folder / "program.py"), str(folder / "root"), which, json.dumps(arguments)],
        env={**target.environment(), "PYTHONPATH": str(ROOT / "src"), "SDEP_PIPELINES_PACKAGE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return re.findall(r"^OUTPUT (.*)$", done.stdout, re.MULTILINE)[-1]


def is_tagged(mlflow: Mlflow, version: str) -> bool:
    """Whether the registry says that this SeldonDeployment serves the version."""
    tags = {tag["key"]: tag["value"] for tag in mlflow.version(MODEL, version).get("tags", ())}
    return f"{NAMESPACE}/{NAME}/main=100%" in tags.get("sdep.served-by/demo", "").split()


def served(target: Target) -> dict[str, str]:
    """Versions by predictor."""
    return {pin["predictor"]: pin["version"] for pin in sdep.status(target, NAME).get("models", ())}


def test_a_pipeline_serves_a_model_promotes_the_next_and_takes_it_back(
    target: Target,
    mlflow: Mlflow,
    scratch: list[str],
    pipelines_python: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scratch.append(NAME)
    mlflow.set_alias(MODEL, ALIAS, "1")
    steps = [{"weight": 20, "approval": "Manual"}]
    body = sdep.manifest(NAME, {"name": "main", "graph": unit("models:/is/replaced")}, rollout={"steps": steps})
    start = time.monotonic()
    uri = f"models:/{MODEL}@{ALIAS}"
    place = {"namespace": NAMESPACE}
    said = run(pipelines_python, target, tmp_path, "serve", manifest=json.dumps(body), model_uri=uri, **place)
    assert said.startswith("Ready: ")
    assert served(target) == {"main": "1"}
    until(lambda: is_tagged(mlflow, "1"), "the registry knows where version 1 is served", 30)
    mlflow.set_alias(MODEL, ALIAS, "2")
    said = run(pipelines_python, target, tmp_path, "release", name=NAME, version="2", **place)
    assert said.startswith("Promoted: ")
    assert served(target) == {"main": "2"}
    said = run(pipelines_python, target, tmp_path, "roll_back", name=NAME, why="worse", **place)
    assert said == f"main/{unit_name(target)} goes from {MODEL}/2 back to {MODEL}/1 and is held there"
    until(lambda: served(target) == {"main": "1"}, "the model before is served", 30)
    sdep.wait_ready(target, NAME)
    until(lambda: is_tagged(mlflow, "1") and not is_tagged(mlflow, "2"), "the registry knows that it is back", 30)
    with capsys.disabled():
        print(f"\nserved, promoted and taken back in {time.monotonic() - start:.0f} s")


def unit_name(target: Target) -> str:
    (pin,) = sdep.status(target, NAME)["models"]
    return str(pin["unit"])
