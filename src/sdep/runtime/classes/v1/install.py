"""Makes `import seldon_core` work in this process, whether or not the published package is installed.

Its place is taken in `sys.modules` alone: nothing named `seldon_core` is ever on the disk. See decision 0017.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType

_OURS = "sdep.runtime.classes.v1"
MODULES = {
    **{
        f"seldon_core.{name}": f"{_OURS}.{name}"
        for name in ("flask_utils", "metrics", "storage", "user_model", "utils")
    },
    "seldon_core.proto.prediction_pb2": "sdep.runtime.rpc.seldon_pb2",
}
VERSION = "1.17.1"
"""The release whose behaviour classes find here."""


def install() -> None:
    """Before the user's module is imported. What is missing here comes from the published package, where that is installed."""
    published = PathFinder.find_spec("seldon_core")
    folders = list(published.submodule_search_locations or ()) if published is not None else []
    package, proto = (
        _package("seldon_core", folders),
        _package("seldon_core.proto", [f"{each}/proto" for each in folders]),
    )
    for name, ours in MODULES.items():
        module = importlib.import_module(ours)
        sys.modules[name] = module
        parent, _, own = name.rpartition(".")
        setattr(sys.modules[parent], own, module)
    vars(package).update(__version__=VERSION, Storage=sys.modules["seldon_core.storage"].Storage, proto=proto)


def _package(name: str, folders: list[str]) -> ModuleType:
    package = ModuleType(name, "Seldon Core v1's names for what a user's class needs.")
    package.__path__ = folders
    sys.modules[name] = package
    return package
