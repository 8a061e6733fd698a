"""Each case renders to just what its golden file holds: what a pull request changes in the cluster is seen in its diff.

A case is a folder with `given.yaml` and `then.yaml`, and with `settings.yaml` where the operator is told something; every folder of
`examples/` is one too. `make golden` writes the golden files.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import parse
from sdep.api.status import Pin
from sdep.api.validation import problems
from sdep.plan import Plan, units_with_models
from sdep.render import render
from sdep.rollout.weights import requested
from sdep.settings import OperatorSettings

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
CASES = {folder.name: (folder / "given.yaml", folder / "then.yaml") for folder in (HERE / "cases").iterdir()}
CASES |= {
    f"example {manifest.parent.name}": (manifest, HERE / "examples" / f"{manifest.parent.name}.yaml")
    for manifest in EXAMPLES.glob("*/deployment.yaml")
}


def rendered(manifest: str, settings: OperatorSettings) -> str:
    """Everything that the manifest becomes, with each model pinned to a made-up version 7."""
    sdep = with_defaults(parse(yaml.safe_load(manifest)))
    assert not [problem for problem in problems(sdep, settings) if problem.severity == "error"]
    pins = {
        key: Pin(
            predictor=key[0],
            unit=key[1],
            uri=unit.model_uri or "",
            name="price",
            version="7",
            artifact_uri="s3://mlflow/artifacts/7"
            if (unit.model_uri or "").startswith("models:")
            else unit.model_uri or "",
        )
        for key, unit in units_with_models(sdep)
    }
    plan = Plan(sdep, pins, requested(sdep.spec.predictors), settings)
    return yaml.safe_dump_all((made.body for made in render(plan)), sort_keys=False, explicit_start=True, width=140)


def installed(file: Path) -> OperatorSettings:
    given = yaml.safe_load(file.read_text()) if file.exists() else {}
    return OperatorSettings.model_validate({"runtime_image": "sdep-runtime:test", **given})


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_manifest_renders_to_its_golden_file(case: str) -> None:
    given, then = CASES[case]
    found = rendered(given.read_text(), installed(given.with_name("settings.yaml")))
    if os.environ.get("SDEP_GOLDEN") == "write":
        then.parent.mkdir(exist_ok=True)
        then.write_text(found)
    assert found == then.read_text(), f"{then} differs: look at the diff after `make golden`"
