"""A pipeline puts the model that it trained into a manifest, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.errors import InvalidError
from sdep.pipelines.model import with_model

NEW = "models:/price/7"


def manifest(*graphs: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"predictors": [{"name": f"p{number}", "graph": graph} for number, graph in enumerate(graphs)]}}


def test_the_only_unit_with_a_model_gets_the_new_one_wherever_it_is_in_the_graph() -> None:
    inner = {"name": "price", "modelUri": "models:/price/1"}
    before = manifest({"name": "route", "children": [{"name": "other"}, inner]})
    assert with_model(before, NEW)["spec"]["predictors"][0]["graph"]["children"][1]["modelUri"] == NEW
    assert inner["modelUri"] == "models:/price/1"


def test_of_several_units_the_named_one_gets_it() -> None:
    unit = {"name": "m", "modelUri": "models:/price/1"}
    after = with_model(manifest(unit, unit), NEW, "p1/m")["spec"]["predictors"]
    assert [each["graph"]["modelUri"] for each in after] == ["models:/price/1", NEW]


@pytest.mark.parametrize(
    ("graphs", "unit", "said"),
    [
        (2, "", "say with unit which unit serves the model; those that have one: p0/m, p1/m"),
        (1, "p9/m", "no unit 'p9/m' has a modelUri; those that have one: p0/m"),
        (0, "", "those that have one: none"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_names_that_there_are(graphs: int, unit: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        with_model(manifest(*[{"name": "m", "modelUri": "models:/price/1"}] * graphs), NEW, unit)
