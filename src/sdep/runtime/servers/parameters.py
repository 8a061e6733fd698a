"""A unit's parameters with the types that v1 gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.contract import PARAMETER_METHODS
from sdep.runtime.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdep.contract import ServedUnit

Value = int | float | str | bool


def _boolean(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words[text.strip().lower()]


_TYPES: Mapping[str, Callable[[str], Value]] = {
    "INT": int,
    "FLOAT": float,
    "DOUBLE": float,
    "STRING": str,
    "BOOL": _boolean,
}


def parameters(unit: ServedUnit) -> dict[str, Value]:
    typed: dict[str, Value] = {}
    for parameter in unit.parameters:
        try:
            typed[parameter.name] = _TYPES[parameter.type](parameter.value)
        except (KeyError, ValueError) as error:
            raise LoadError(
                unit.name, f"parameter '{parameter.name}' is no {parameter.type}: '{parameter.value}'"
            ) from error
    return typed


def asked_method(given: Mapping[str, Value]) -> str:
    """What the model is to be asked for; "" where no parameter says it."""
    return next((str(given[name]) for name in PARAMETER_METHODS if given.get(name)), "")
