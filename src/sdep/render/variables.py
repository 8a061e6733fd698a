"""Environment variables of containers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Variable = dict[str, Any]


def merged(*environments: Iterable[Variable] | None) -> list[Variable]:
    """All of them, each name once: of two with one name the later counts, as in a container, at the place of the earlier.

    Server-side apply takes no list in which a name stands twice, which is legal and which manifests have.
    """
    by_name = {variable.get("name"): variable for environment in environments for variable in environment or ()}
    return list(by_name.values())
