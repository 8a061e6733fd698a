"""Environment variables of containers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Variable = dict[str, Any]


def merged(*environments: Iterable[Variable] | None) -> list[Variable]:
    """All of them, each name once: of two with one name the later counts, as in a container, at the place of the earlier.

    Server-side apply takes no list in which a name stands twice, which is legal and which manifests have.
    """
    by_name = {variable.get("name"): variable for environment in environments for variable in environment or ()}
    return list(by_name.values())


def completed(given: Iterable[Variable] | None, ours: Mapping[str, str]) -> list[Variable]:
    """What is given, untouched, and those of ours that it does not name."""
    variables = merged(given)
    taken = {variable.get("name") for variable in variables}
    return variables + [{"name": name, "value": value} for name, value in ours.items() if name not in taken]


def predictor_of(deployment: Mapping[str, Any]) -> str:
    """The predictor that a Deployment belongs to, from the variable that v1 and we give its containers; "" where none says it."""
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        for variable in container.get("env") or ():
            if variable["name"] == "PREDICTOR_ID":
                return str(variable.get("value", ""))
    return ""
