"""`sdep image build`: a model, and what serves it, in an image."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.cli import main
from sdep.cli.image_context import Baked, manifest
from sdep.registry.resolved import ResolvedModel
from tests.unit.runtime.flavors import sklearn_regressor
from tests.unit.runtime.program import await_ready, free_ports, post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "sdep"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    sklearn_regressor(tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture
def context(model: Path, tmp_path: Path) -> Path:
    asked = [
        "image",
        "build",
        str(model),
        "--tag",
        "prices:1",
        "--base",
        "runtime:7",
        "--output",
        str(tmp_path / "context"),
    ]
    assert main(asked) == 0
    return tmp_path / "context"


def variables(context: Path) -> dict[str, str]:
    """What the Dockerfile's ENV lines say."""
    lines = [line for line in (context / "Dockerfile").read_text().splitlines() if line.startswith("ENV ")]
    return dict(word.split("=", 1) for line in lines for word in shlex.split(line.removeprefix("ENV ")))


@pytest.fixture(params=["1", "2"], ids=["one worker", "two workers"])
def container(context: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """The image's program as the operator starts it in a unit's container; its ports of HTTP and of metrics."""
    baked = tmp_path / "baked"
    (baked / "model").mkdir(parents=True)
    subprocess.run([*PROGRAM, "fetch", str(context / "model"), str(baked / "model")], check=True, capture_output=True)
    http, grpc, metrics = free_ports(3)
    told = {
        **os.environ,
        **variables(context),
        "SDEP_ROOT": str(baked),
        "PREDICTIVE_UNIT_ID": "price",
        "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": str(http),
        "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": str(grpc),
        "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": str(metrics),
        "PREDICTIVE_UNIT_METRICS_ENDPOINT": "/prometheus",
        "PREDICTOR_ID": "default",
        "SELDON_DEPLOYMENT_ID": "prices",
        "SDEP_DRAIN_SECONDS": "0",
        "SDEP_WORKERS": request.param,
    }
    log = (tmp_path / "log").open("w")
    with log, subprocess.Popen([*PROGRAM, "serve"], env=told, stdout=log) as process:
        try:
            await_ready(f"http://127.0.0.1:{http}/ready")
            yield http, metrics
        finally:
            process.terminate()


def test_the_image_answers_as_the_container_of_a_unit(container: tuple[int, int], tmp_path: Path) -> None:
    """Its own model, over v1's internal API, at the ports and under the name that v1's variables give it.

    v1's probes only connect: a port that was open before the model is loaded would bring requests that cannot be answered.
    """
    http, metrics = container
    answer: Any = post(f"http://127.0.0.1:{http}/predict", {"data": {"ndarray": [[1.0, 2.0, 3.0]]}})
    assert np.allclose(answer["data"]["ndarray"], [18.0])
    said = [json.loads(line)["message"] for line in (tmp_path / "log").read_text().splitlines()]
    assert said.index("model loaded") < said.index("listening")
    for port in (http, metrics):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/prometheus", timeout=20) as page:
            assert 'deployment_name="prices"' in page.read().decode()


def test_the_build_uses_the_base_and_checks_the_model_as_an_init_container_does(context: Path) -> None:
    """The model's own environment is made in the image, so that no pod makes it."""
    text = (context / "Dockerfile").read_text()
    assert text.startswith("ARG BASE_IMAGE=runtime:7\nFROM ${BASE_IMAGE}\n")
    assert "SDEP_ENVIRONMENT=make SDEP_CACHE=/baked/cache python -m sdep fetch /baked/incoming /baked/model" in text
    assert (context / "model" / "MLmodel").is_file()


def test_the_manifest_runs_the_image_of_the_version_that_was_meant() -> None:
    """An alias is looked up once: the image holds, and says, the version."""
    found = ResolvedModel("s3://models/7", name="Commodity Price", version="7")
    baked = Baked.of("models:/Commodity Price@champion", found, "MLFLOW_SERVER")
    body = yaml.safe_load(manifest(baked, "registry.example/price:7"))
    sdep = SeldonDeployment.model_validate(body)
    (predictor,) = sdep.spec.predictors
    assert predictor.graph.name == "commodity-price"
    assert [component.containers for component in predictor.component_specs or ()] == [
        [{"name": "commodity-price", "image": "registry.example/price:7"}]
    ]
    assert baked.uri == "models:/Commodity Price/7"


def test_a_model_that_is_no_mlflow_model_needs_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is guessed of a folder of files."""
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "model.joblib").write_bytes(b"")
    asked = ["image", "build", str(tmp_path / "saved"), "--tag", "a:1", "--output", str(tmp_path / "context")]
    assert main(asked) == 2
    assert "--implementation" in capsys.readouterr().err


def test_without_a_tool_the_way_out_is_said(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has no docker, podman or buildah builds the context elsewhere."""
    monkeypatch.setenv("PATH", str(model))
    assert main(["image", "build", str(model), "--tag", "a:1"]) == 2
    assert "use --output and build elsewhere" in capsys.readouterr().err
