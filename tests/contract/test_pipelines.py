"""The components of Kubeflow Pipelines: what users load by address is what the code says, and kfp takes both."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"deploy", "wait", "promote", "roll_back"}
PIPELINE = """
import sys
from kfp import compiler, components, dsl
from sdep.pipelines import deploy, promote, roll_back, wait
loaded = components.load_component_from_file(sys.argv[1] + "/wait.yaml")

@dsl.pipeline
def release(manifest: str):
    deployed = deploy(manifest=manifest)
    waited = loaded(name=deployed.output)
    promoted = promote(name=deployed.output, full=True).after(waited)
    roll_back(name=deployed.output).after(wait(name=deployed.output).after(promoted))

compiler.Compiler().compile(release, sys.argv[2])
"""


def run(python: Path, *arguments: str) -> None:
    subprocess.run([python, *arguments], check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})


def test_the_components_that_are_loaded_by_address_are_those_of_the_code(
    pipelines_python: Path, tmp_path: Path
) -> None:
    run(pipelines_python, "-m", "sdep.pipelines", str(tmp_path))
    written = {path.stem: path.read_text() for path in tmp_path.glob("*.yaml")}
    assert written.keys() == NAMES
    committed = {path.stem: path.read_text() for path in (ROOT / "pipelines").glob("*.yaml")}
    assert committed == written, "run `make generate`"


def test_a_pipeline_is_compiled_of_imported_and_of_loaded_components(pipelines_python: Path, tmp_path: Path) -> None:
    run(pipelines_python, "-c", PIPELINE, str(ROOT / "pipelines"), str(tmp_path / "release.yaml"))
    compiled = yaml.safe_load((tmp_path / "release.yaml").read_text())
    assert set(compiled["root"]["dag"]["tasks"]) == {"deploy", "wait", "wait-2", "promote", "roll-back"}


def test_a_name_that_is_no_component_is_no_attribute() -> None:
    import sdep.pipelines  # noqa: PLC0415 - where there is no kfp

    with pytest.raises(AttributeError, match="no attribute 'undo'"):
        _ = sdep.pipelines.undo
