"""Makes `import seldon_core` work in this process, whether or not the published package is installed.

Its place is taken in `sys.modules` alone: nothing named `seldon_core` is ever on the disk. See decision 0017.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType

MODULES = {
    "seldon_core.flask_utils": "flask_utils",
    "seldon_core.metrics": "metrics",
    "seldon_core.proto": "proto",
    "seldon_core.storage": "storage",
    "seldon_core.user_model": "user_model",
    "seldon_core.utils": "utils",
}
VERSION = "1.17.1"
"""The release whose behaviour classes find here."""


def install() -> None:
    """Before the user's module is imported. What is missing here comes from the published package, where that is installed."""
    published = PathFinder.find_spec("seldon_core")
    package = ModuleType("seldon_core", "Seldon Core v1's names for what a user's class needs.")
    package.__path__ = list(published.submodule_search_locations or ()) if published is not None else []
    package.__dict__["__version__"] = VERSION
    sys.modules["seldon_core"] = package
    for name, ours in MODULES.items():
        module = importlib.import_module(f"sdep.runtime.classes.v1.{ours}")
        sys.modules[name] = module
        setattr(package, name.rpartition(".")[2], module)
    proto = sys.modules["seldon_core.proto"]
    sys.modules["seldon_core.proto.prediction_pb2"] = proto.prediction_pb2
    package.__dict__["Storage"] = sys.modules["seldon_core.storage"].Storage
