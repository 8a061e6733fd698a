"""The chart says what the code means, and its README and schema say what the chart means."""

from __future__ import annotations

import re

import pytest
import yaml

from charts import document
from charts.document import CHART, UndocumentedError
from sdep.settings import PREFIX, OperatorSettings

TEMPLATES = "\n".join(path.read_text() for path in sorted((CHART / "templates").rglob("*.*")))
NOT_IN_THE_CHART = {"registry_timeout_seconds", "probe_port"}
"""Settings that nobody has had a reason to change in a cluster."""


def test_the_schema_and_the_tables_of_the_readme_are_generated_from_values_yaml() -> None:
    assert document.SCHEMA.read_text() == document.schema(), "run `make generate`"
    assert document.README.read_text() == document.readme(), "run `make generate`"


def test_a_value_without_a_comment_is_refused() -> None:
    with pytest.raises(UndocumentedError, match=r"values\.yaml: a\.c has no comment"):
        list(document.described("a:\n  # What b is.\n  b: 1\n  c: 2\n"))


def test_a_comment_is_the_description_of_the_whole_value_below_it() -> None:
    (value,) = document.described('# What a\n# is.\n# @schema {"minimum": 1}\na:\n  b: 1\n')
    assert (value.name, value.default) == ("a", {"b": 1})
    assert value.schema() == {"description": "What a is.", "type": "object", "minimum": 1}


def test_every_value_is_read_by_a_template() -> None:
    read = TEMPLATES.replace("$manager.", ".Values.manager.")
    for block in (
        "metrics.podMonitor",
        "metrics.prometheusRule",
        "dashboards",
        "lineage.datahub",
        "lineage.openlineage",
    ):  # each is read inside a `with` of its own
        read += re.sub(r"(?<=[ (])\.(?=[a-z])", f".Values.{block}.", TEMPLATES)
    names = {value.name for value in document.described((CHART / "values.yaml").read_text())}
    whole = {"executor.resources", "storageInitializer", "image", "runtime.image"}  # handed on as they are
    whole.add("metrics.prometheusRule.limits")
    whole |= {f"manager.{name}" for name in ("cpuRequest", "cpuLimit", "memoryRequest", "memoryLimit")}
    unread = {
        name
        for name in names
        if f".Values.{name}" not in read and name not in whole and name.rpartition(".")[0] not in whole
    }
    assert not unread


def test_the_chart_sets_settings_that_the_operator_has_and_leaves_none_out() -> None:
    said = set(re.findall(rf"{PREFIX}[A-Z_]+", TEMPLATES))
    known = {PREFIX + name.upper() for name in set(OperatorSettings.model_fields) - NOT_IN_THE_CHART}
    assert said == known


def test_what_does_nothing_is_no_value_of_the_chart() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for entry in document.without_effect():
        at = values
        for key in entry["value"].split("."):
            at = at.get(key) if isinstance(at, dict) else None
        assert at is None, entry["value"]
        assert entry["why"]
