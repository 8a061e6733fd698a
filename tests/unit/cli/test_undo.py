"""Which model `sdep undo` goes back to."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.cli.undo import chosen_entry, chosen_unit
from sdep.diagnosis.served import histories
from sdep.errors import InvalidError

Body = dict[str, Any]


def pin(predictor: str, *versions: str, held: bool = False) -> Body:
    """A pin that served these versions, newest first."""
    now, *before = versions
    changes = [
        {
            "version": version,
            "artifactUri": f"s3://{version}",
            "replacedAt": f"2026-01-0{9 - n}T00:00:00Z",
            "cause": "x",
        }
        for n, version in enumerate(before)
    ]
    model = {"uri": "models:/price@champion", "name": "price", "version": now, "artifactUri": f"s3://{now}"}
    return {"predictor": predictor, "unit": "m", **model, "held": held, "history": changes}


def body(*pins: Body) -> Body:
    return {"status": {"models": list(pins)}}


def test_the_history_is_numbered_from_what_is_served_now() -> None:
    (unit,) = histories(body(pin("main", "4", "3", "2")))
    assert [(entry.number, entry.label) for entry in unit.entries] == [(0, "price/4"), (1, "price/3"), (2, "price/2")]
    assert unit.entries[1].until == "2026-01-09T00:00:00Z"
    assert unit.entries[1].since == "2026-01-08T00:00:00Z"


def test_an_entry_says_why_its_model_came() -> None:
    (unit,) = histories(body({**pin("main", "4", "3", "2"), "cause": "moved"}))
    assert [entry.why for entry in unit.entries] == ["moved", "x", ""]


def test_undo_goes_to_the_model_before_unless_a_number_is_given() -> None:
    (unit,) = histories(body(pin("main", "4", "3", "2")))
    assert chosen_entry(unit, None).artifact_uri == "s3://3"
    assert chosen_entry(unit, 2).artifact_uri == "s3://2"
    assert chosen_entry(unit, 0).artifact_uri == "s3://4"


def test_the_only_unit_with_a_history_is_meant() -> None:
    units = histories(body(pin("main", "4"), pin("canary", "5", "4")))
    assert chosen_unit(units, None).unit == "canary/m"


def test_where_several_units_could_be_meant_one_must_be_named() -> None:
    units = histories(body(pin("main", "4", "3"), pin("canary", "5", "4")))
    with pytest.raises(InvalidError, match=r"say which with --unit: main/m, canary/m"):
        chosen_unit(units, None)
    assert chosen_unit(units, "main/m").unit == "main/m"


def test_a_unit_that_there_is_none_of_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(InvalidError, match=r"no unit 'x' has a model; those that have one: main/m"):
        chosen_unit(histories(body(pin("main", "4"))), "x")


def test_what_has_served_one_model_has_nothing_to_go_back_to() -> None:
    with pytest.raises(InvalidError) as refused:
        chosen_unit(histories(body(pin("main", "4"))), None)
    assert refused.value.reason == "NothingToUndo"


def test_a_held_unit_does_not_go_back_to_the_model_that_was_left() -> None:
    (unit,) = histories(body(pin("main", "3", "4", held=True)))
    with pytest.raises(InvalidError) as refused:
        chosen_entry(unit, None)
    assert refused.value.reason == "AlreadyHeld"
    assert chosen_entry(unit, 1).version == "4"


def test_a_number_that_the_history_has_not_is_answered_with_its_range() -> None:
    (unit,) = histories(body(pin("main", "4", "3")))
    with pytest.raises(InvalidError, match=r"give one from 0 to 1"):
        chosen_entry(unit, 7)
