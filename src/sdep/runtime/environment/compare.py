"""Whether the packages that run here are those that a model asks for."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdep.runtime.environment.wanted import Wanted

_OURS = {"mlflow", "mlflow-skinny"}
"""Whichever of them reads the model, its format is what counts."""


def differences(wanted: Wanted) -> list[str]:
    """One clause for each package, and for Python, that is another here than the model needs; empty where all agree."""
    return [*_python(wanted), *(said for line in wanted.lines if (said := _of_line(line, wanted)))]


def _python(wanted: Wanted) -> Iterator[str]:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted.python and wanted.python.split(".")[:2] != here.split("."):
        yield f"Python {wanted.python} (here {here})"


def _of_line(line: str, wanted: Wanted) -> str:
    try:
        requirement = Requirement(line)
    except InvalidRequirement:  # an option of pip, or a path: it can be installed, but not compared
        return f"{line} (which can not be compared)" if wanted.packages is None and not line.startswith("-") else ""
    name = canonicalize_name(requirement.name)
    decides = name not in _OURS if wanted.packages is None else name in wanted.packages
    if not decides or (requirement.marker and not requirement.marker.evaluate()):
        return ""
    try:
        here = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement} (not in the image)"
    return "" if _agrees(requirement, Version(here)) else f"{requirement} (here {here})"


def _agrees(requirement: Requirement, here: Version) -> bool:
    """MLflow pins whatever it finds to the last digit: of an exact version, another patch of the same minor version is as good."""
    return all(_holds(specifier, here) for specifier in requirement.specifier)


def _holds(specifier: Specifier, here: Version) -> bool:
    if specifier.operator == "==" and not specifier.version.endswith("*"):
        pinned = Version(specifier.version)
        if pinned.release[:2] == here.release[:2] and len(pinned.release) > 2:  # noqa: PLR2004 - major.minor
            return True
    return specifier.contains(here, prereleases=True)
