"""docs/compatibility.md says what the code does, of every field and of every annotation."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from sdep.api.graph import Unit
from sdep.api.predictor import ComponentSpec, Explainer, Predictor
from sdep.api.seldon_deployment import SeldonDeploymentSpec
from tests.contract import compatibility
from tests.contract.corpus import FOLDER, MISSING, ROOT, load
from tests.contract.features import sections

MODELS = {
    "spec": SeldonDeploymentSpec,
    "predictor": Predictor,
    "component": ComponentSpec,
    "unit": Unit,
    "explainer": Explainer,
}
FEATURES = [feature for section in sections() for feature in section.features]


@pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)
def test_the_page_is_generated() -> None:
    assert compatibility.PAGE.read_text() == compatibility.page(), "run `make compatibility`"


@pytest.mark.parametrize("prefix", MODELS)
def test_every_field_of_the_api_has_a_row(prefix: str) -> None:
    model: type[BaseModel] = MODELS[prefix]
    fields = {field.alias or name for name, field in model.model_fields.items()}
    assert fields == {feature.path[0] for feature in FEATURES if feature.prefix == prefix}


def test_every_annotation_that_the_code_knows_has_a_row() -> None:
    text = "".join(path.read_text() for path in (ROOT / "src" / "sdep").rglob("*.py"))
    known = {name for name in re.findall(r'"(seldon\.io/[a-z-]+)"', text) if name.rpartition("/")[2] not in LABELS}
    assert len(known) > 10
    assert not {name for name in known if not any(covered(name, feature.path[0]) for feature in FEATURES)}


LABELS = {"controller-id", "explainer", "shadow", "model", "router", "combiner", "transformer", "output-transformer"}
"""Names that are labels of children."""


@pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)
def test_every_annotation_of_v1_that_others_use_has_a_row() -> None:
    used = {name for sample in load() for name in annotations(sample.manifest) if name.startswith("seldon.io/")}
    assert used
    assert not {name for name in used if not any(covered(name, feature.path[0]) for feature in FEATURES)}


def test_what_is_quoted_is_said() -> None:
    """A row with an example for which nothing is said would claim a warning that nobody gets."""
    assert all(feature.said() for feature in FEATURES if feature.shown)


def test_what_has_no_effect_is_said() -> None:
    """A row that says so has an example, and what is said of the example names the row's field."""
    useless = [feature for feature in FEATURES if feature.here.startswith(("nothing", "accepted and unused"))]
    assert len(useless) > 10
    assert not [feature.field for feature in useless if feature.path[-1].rstrip("*") not in feature.said()]


def covered(name: str, row: str) -> bool:
    return name.startswith(row[:-1]) if row.endswith("*") else name == row


def annotations(value: object, key: str = "") -> set[str]:
    if isinstance(value, dict):
        own = set(value) if key == "annotations" else set()
        return own.union(*(annotations(inner, name) for name, inner in value.items()))
    return set().union(*(annotations(inner) for inner in value)) if isinstance(value, list) else set()
