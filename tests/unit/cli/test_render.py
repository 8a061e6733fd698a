"""`sdep render`: pins and settings from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sdep.cli import main

MANIFEST = """\
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: prices}
spec:
  predictors:
  - name: main
    graph: {name: unit, modelUri: "models:/price@champion"}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    path = tmp_path / "a.yaml"
    path.write_text(MANIFEST)
    return str(path)


def rendered(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["render", "-o", "json", *arguments]) == 0
    items: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["items"]
    return items


def fetched(items: list[dict[str, Any]]) -> str:
    """What the init container downloads."""
    (found,) = (item for item in items if item["kind"] == "Deployment")
    uri: str = found["spec"]["template"]["spec"]["initContainers"][0]["args"][1]
    return uri


@pytest.mark.parametrize("word", ["main/unit", "unit", "price"])
def test_a_version_pins_a_unit_by_its_path_its_name_or_its_model(
    word: str, manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetched(rendered(capsys, manifest, "--models", f"{word}=3")) == "models:/price/3"


def test_an_artifact_uri_pins_a_unit(manifest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetched(rendered(capsys, manifest, "--models", "unit=s3://models/3")) == "s3://models/3"


def test_a_model_that_is_not_pinned_is_rendered_by_its_reference(
    manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetched(rendered(capsys, manifest)) == "models:/price@champion"


def test_a_live_object_pins_what_it_serves(manifest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pin = {"predictor": "main", "unit": "unit", "uri": "models:/price@champion", "artifactUri": "s3://models/7"}
    live = tmp_path / "live.json"
    live.write_text(json.dumps({"kind": "SeldonDeployment", "status": {"models": [pin]}}))
    assert fetched(rendered(capsys, manifest, "--models", str(live))) == "s3://models/7"


def test_a_held_model_is_rendered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hold = json.dumps({"main/unit": {"artifactUri": "s3://models/2"}})
    path = tmp_path / "held.yaml"
    path.write_text(MANIFEST.replace("{name: prices}", f"{{name: prices, annotations: {{sdep.io/hold: '{hold}'}}}}"))
    assert fetched(rendered(capsys, str(path))) == "s3://models/2"


def test_a_pin_that_names_nothing_is_a_wrong_call_that_names_what_there_is(
    manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", manifest, "--models", "prize=3"]) == 2
    assert "no such unit or model; units with a model: main/unit" in capsys.readouterr().err


def test_settings_come_from_a_file_and_single_ones_go_before_it(
    manifest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("runtimeImage: from-file\nistio_enabled: false\n")
    items = rendered(capsys, manifest, "-f", str(settings), "--set", "runtime_image=set")
    assert {item["kind"] for item in items} == {"Deployment", "Service"}
    (deployment,) = (item for item in items if item["kind"] == "Deployment")
    assert deployment["spec"]["template"]["spec"]["initContainers"][0]["image"] == "set"


def test_a_setting_that_there_is_none_of_is_a_wrong_call(manifest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", manifest, "--set", "colour=red"]) == 2
    assert "InvalidSettings: colour: Extra inputs are not permitted" in capsys.readouterr().err


def test_a_namespace_is_given_to_manifests_without_one(manifest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert {item["metadata"]["namespace"] for item in rendered(capsys, manifest, "-n", "models")} == {"models"}
