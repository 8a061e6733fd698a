"""What a new version's signature breaks for those who call the stable one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Column = Mapping[str, Any]
"""As MLflow writes it: `name`, `type` and, where it is not required, `required: false`. A tensor has `tensor-spec` instead."""


def breaks(stable: Mapping[str, Sequence[Column]], new: Mapping[str, Sequence[Column]]) -> tuple[str, ...]:
    """A sentence for each input that was removed, has another type, or is new and required; more optional ones break nothing.

    Both are signatures with their `inputs` as lists. One without inputs accepts anything, and a version that has none breaks nothing.
    """
    before, after = _by_name(stable), _by_name(new)
    return tuple(_breaks(before, after)) if after else ()


def _breaks(before: Mapping[str, Column], after: Mapping[str, Column]) -> Iterator[str]:
    for name, column in before.items():
        if name not in after:
            yield f"input {name} was removed"
        elif _type(column) != _type(after[name]):
            yield f"input {name} was {_type(column)} and is {_type(after[name])}"
        elif _required(after[name]) and not _required(column):
            yield f"input {name} was optional and is required"
    for name in after.keys() - before.keys():
        if _required(after[name]):
            yield f"input {name} is new and required"


def _by_name(signature: Mapping[str, Sequence[Column]]) -> dict[str, Column]:
    """Inputs without a name, as of arrays, are known by their place."""
    return {str(column.get("name") or place): column for place, column in enumerate(signature.get("inputs") or ())}


def _type(column: Column) -> str:
    return str(column.get("tensor-spec") or column.get("type"))


def _required(column: Column) -> bool:
    return bool(column.get("required", True))
