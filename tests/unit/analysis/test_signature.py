"""What a signature breaks for callers."""

from __future__ import annotations

from typing import Any

from sdep.rollout.analysis.signature import breaks


def inputs(*columns: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"inputs": list(columns)}


AGE = {"name": "age", "type": "long", "required": True}
NOTE = {"name": "note", "type": "string", "required": False}


def test_the_same_inputs_and_optional_ones_more_break_nothing() -> None:
    assert breaks(inputs(AGE), inputs(AGE)) == ()
    assert breaks(inputs(AGE), inputs(AGE, NOTE)) == ()
    assert breaks(inputs(AGE), inputs({**AGE, "required": False})) == ()


def test_removed_retyped_and_newly_required_inputs_are_named() -> None:
    assert breaks(inputs(AGE, NOTE), inputs(AGE)) == ("input note was removed",)
    assert breaks(inputs(AGE), inputs({**AGE, "type": "double"})) == ("input age was long and is double",)
    assert breaks(inputs(NOTE), inputs(AGE, NOTE)) == ("input age is new and required",)
    assert breaks(inputs(NOTE), inputs({**NOTE, "required": True})) == ("input note was optional and is required",)


def test_inputs_that_do_not_say_are_required_as_in_older_mlflow() -> None:
    assert breaks(inputs(), inputs()) == ()
    assert breaks(inputs(AGE), inputs(AGE, {"name": "city", "type": "string"})) == ("input city is new and required",)


def test_tensors_are_compared_by_shape_and_unnamed_ones_by_place() -> None:
    def tensor(*shape: int) -> dict[str, Any]:
        return {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": list(shape)}}

    assert breaks(inputs(tensor(-1, 3)), inputs(tensor(-1, 3))) == ()
    (said,) = breaks(inputs(tensor(-1, 3)), inputs(tensor(-1, 4)))
    assert said.startswith("input 0 was ")


def test_a_version_that_says_nothing_of_its_inputs_accepts_anything() -> None:
    assert breaks(inputs(AGE), {}) == ()
    assert breaks({}, inputs(NOTE)) == ()
