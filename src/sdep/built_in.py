"""Units that need neither a model nor a container: what each of them is, and what its parameters may say.

The operator judges manifests by this, and the runtime reads by it what it is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from sdep.contract import UnitType

Read = Callable[[str, int], Any]
"""A parameter's value from its text and the number of the unit's children; `ValueError` says what it must be."""


def _number(text: str, _: int) -> float:
    number = float(text) if _is_number(text) else math.nan
    if not math.isfinite(number):
        raise ValueError("must be a number")
    return number


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fraction(text: str, children: int) -> float:
    if not 0 <= (number := _number(text, children)) <= 1:
        raise ValueError("must lie between 0 and 1")
    return number


def _whole(text: str, _: int) -> int:
    if not text.strip().lstrip("+-").isdecimal():
        raise ValueError("must be a whole number")
    return int(text)


def _count_of_children(text: str, children: int) -> int:
    if _whole(text, children) != children:
        raise ValueError(f"must be the number of children, {children}")
    return children


def _child(text: str, children: int) -> int:
    if not 0 <= (number := _whole(text, children)) < children:
        raise ValueError(f"must be the number of a child, 0 to {children - 1}")
    return number


def _boolean(text: str, _: int) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.strip().lower() not in words:
        raise ValueError("must be true or false")
    return words[text.strip().lower()]


def _names(text: str, children: int) -> tuple[str, ...]:
    names = tuple(text.split(":"))
    if len(names) != children or len({*names, ""}) != children + 1:
        raise ValueError(f"must hold {children} names, all different, with ':' between them")
    return names


def _weights(text: str, children: int) -> tuple[float, ...]:
    """One number for each child, with commas between them; what they sum to does not matter."""
    parts = text.strip().removeprefix("[").removesuffix("]").split(",")
    numbers = [float(part) if _is_number(part) else math.nan for part in parts]
    if not all(math.isfinite(number) and number >= 0 for number in numbers) or not 0 < sum(numbers) < math.inf:
        raise ValueError("must hold numbers such as 0.7,0.3: none negative, not all of them 0")
    if len(numbers) != children:
        raise ValueError(f"must hold one number for each of the {children} children, and has {len(numbers)}")
    return tuple(numbers)


TOLERANCE, RELATIVE_TOLERANCE = "tolerance", "relative_tolerance"
"""Parameters of any unit: how far from the truth its numbers may be, and for their size."""


def tolerance(text: str | None) -> float | None:
    """None for what is no such number."""
    number = float(text) if text is not None and _is_number(text) else math.nan
    return number if math.isfinite(number) and number >= 0 else None


class BuiltIn(NamedTuple):
    type: UnitType
    parameters: Mapping[str, Read] = {}
    fewest_children: int = 0


_BANDIT: Mapping[str, Read] = {
    "n_branches": _count_of_children,
    "seed": _whole,
    "verbose": _boolean,
    "branch_names": _names,
}
BUILT_IN: Mapping[str, BuiltIn] = {
    "SIMPLE_MODEL": BuiltIn("MODEL"),
    "SIMPLE_ROUTER": BuiltIn("ROUTER"),
    "RANDOM_ABTEST": BuiltIn(
        "ROUTER", {"ratioA": _fraction, "weights": _weights, "ratios": _weights, "seed": _whole}, fewest_children=2
    ),
    "EPSILON_GREEDY": BuiltIn("ROUTER", {**_BANDIT, "epsilon": _fraction, "best_branch": _child}, fewest_children=2),
    "THOMPSON_SAMPLING": BuiltIn("ROUTER", _BANDIT, fewest_children=2),
    "AVERAGE_COMBINER": BuiltIn("COMBINER"),
    "WEIGHTED_COMBINER": BuiltIn("COMBINER", {"weights": _weights}, fewest_children=1),
    "MAJORITY_VOTE_COMBINER": BuiltIn("COMBINER", {"weights": _weights}, fewest_children=1),
}
"""By `implementation`."""

LEARNING = frozenset({"EPSILON_GREEDY", "THOMPSON_SAMPLING"})
"""Routers that learn from feedback, and need a place for what they have learned."""

PAIR = 2
"""The number of children that `ratioA` speaks of."""


class Fault(NamedTuple):
    """`parameter` is "" where the number of children is wrong."""

    parameter: str
    message: str


def faults(implementation: str, given: Mapping[str, str], children: int) -> Iterator[Fault]:
    """Why a built-in unit cannot run: `given` has its parameters' texts."""
    built_in = BUILT_IN[implementation]
    if children < built_in.fewest_children:
        yield Fault("", f"{implementation} needs at least {built_in.fewest_children} children, and has {children}")
        return
    for name, text in _read_of(implementation, given, children).items():
        try:
            built_in.parameters[name](text, children)
        except ValueError as error:
            yield Fault(name, f"{error}, and is '{text}'")


def values(implementation: str, given: Mapping[str, str], children: int) -> dict[str, Any]:
    """What its parameters mean to a built-in unit that has no faults."""
    read = BUILT_IN[implementation].parameters
    return {name: read[name](text, children) for name, text in _read_of(implementation, given, children).items()}


def unread(implementation: str, given: Mapping[str, str], children: int) -> list[str]:
    """Names of parameters that say nothing to the unit."""
    read = _read_of(implementation, given, children)
    return [name for name in given if name not in {*read, TOLERANCE, RELATIVE_TOLERANCE}]


def _read_of(implementation: str, given: Mapping[str, str], children: int) -> dict[str, str]:
    known = BUILT_IN[implementation].parameters
    return {name: text for name, text in given.items() if name in known and (name != "ratioA" or children == PAIR)}
