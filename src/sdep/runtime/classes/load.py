"""From the name of a class to a loaded object."""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdep.runtime.classes.v1.install import install
from sdep.runtime.errors import LoadError
from sdep.runtime.log import event
from sdep.runtime.servers.parameters import parameters

if TYPE_CHECKING:
    from sdep.contract import ServedUnit


def load_class(name: str, unit: ServedUnit) -> Any:  # noqa: ANN401 - a user's object
    """`LoadError` says what failed, its trace is in the log: nothing is served then.

    v1 serves on after an AttributeError in `load`, with a model that was never loaded.
    """
    given = parameters(unit)
    try:
        user = _class(name)(**given)
        _load(user)
    except Exception as error:
        event("the class cannot be loaded", level="error", unit=unit.name, error=error)
        raise LoadError(unit.name, f"{name}: {type(error).__name__}: {error}") from error
    return user


def _load(user: Any) -> None:  # noqa: ANN401 - a user's object
    load = getattr(user, "load", None)
    if callable(load):
        with suppress(NotImplementedError):  # there is nothing to load
            load()


def _class(name: str) -> Any:  # noqa: ANN401 - a user's class
    """A bare name is that of the module too. Modules are looked for where the process was started, last of all."""
    install()
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    module, _, own = name.rpartition(".")
    return getattr(importlib.import_module(module or own), own)
