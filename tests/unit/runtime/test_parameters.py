"""Parameters of a unit as its container is told of them."""

from __future__ import annotations

import pytest

from sdep.contract import ServedParameter
from sdep.errors import InvalidError
from sdep.runtime.classes.parameters import read_parameters


def test_values_are_taken_as_text() -> None:
    """Some of v1's manifests write numbers."""
    read = read_parameters('[{"name": "size", "value": 3, "type": "INT"}]')
    assert read == (ServedParameter(name="size", value="3", type="INT"),)


@pytest.mark.parametrize("text", ["no JSON", "3", '{"name": "a"}', '[{"value": "1"}]', "[1]"])
def test_what_is_no_list_of_parameters_is_said(text: str) -> None:
    with pytest.raises(InvalidError, match="a JSON list of objects with name, value and type"):
        read_parameters(text)
