"""After a model has been fetched: do its requirements agree with the image, and what is done where they do not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sdep.contract import CACHE_MOUNT, ENV_CACHE, ENV_ENVIRONMENT, FetchFailure, FetchReport
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Mapping

CHOICE = ".sdep-environment"
"""The file beside a model's own that names the Python which serves it; there is none where the image's does."""


def prepare(directory: Path, environment: Mapping[str, str]) -> FetchReport | FetchFailure | None:
    """None where the image's packages agree, or nobody asked: where no policy is set, another program serves the model."""
    policy = environment.get(ENV_ENVIRONMENT, "")
    (directory / CHOICE).unlink(missing_ok=True)
    if not policy:
        return None
    from sdep.runtime.environment.compare import differences  # noqa: PLC0415
    from sdep.runtime.environment.wanted import read_wanted  # noqa: PLC0415

    wanted = read_wanted(directory)
    different = ", ".join(differences(wanted)) if wanted else ""
    if wanted is None or not different:
        return None
    event("environment differs", level="warning", policy=policy, differences=different)
    if policy == "require":
        message = (
            f"the model asks for {different}: use an image that has it, or set the annotation sdep.io/environment: make"
        )
        return FetchFailure(reason="EnvironmentDiffers", message=message)
    if policy != "make":
        message = f"the model asks for {different}; it is served by the image's packages: sdep.io/environment: make gives it its own"
        return FetchReport(reason="EnvironmentDiffers", message=message)
    return _make(directory, environment, wanted.lines, wanted.saved_with, different)


def chosen_python(directory: Path) -> Path | None:
    """The Python that shall serve the model, where it is not our own."""
    try:
        return Path(json.loads((directory / CHOICE).read_text())["python"])
    except OSError:
        return None


def _make(
    directory: Path, environment: Mapping[str, str], lines: tuple[str, ...], python: str, different: str
) -> FetchReport | FetchFailure:
    from sdep.runtime.environment.make import EnvironmentNotMadeError, make_environment  # noqa: PLC0415

    cache = Path(environment.get(ENV_CACHE) or CACHE_MOUNT)
    try:
        made = make_environment(lines, python, cache, {**os.environ, **environment})
    except (EnvironmentNotMadeError, OSError) as error:
        return FetchFailure(reason="EnvironmentNotMade", message=f"the model asks for {different}; {error}")
    (directory / CHOICE).write_text(json.dumps({"python": str(made)}))
    return FetchReport(reason="EnvironmentMade", message=f"served by an environment of its own, for {different}")
