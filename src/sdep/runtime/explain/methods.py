"""The methods, by the type that a manifest names."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.errors import InvalidError

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.explanation import Explanation

_MODULES = {
    "AnchorTabular": "anchor_tabular",
    "KernelShap": "kernel_shap",
    "TreeShap": "tree_shap",
    "LimeTabular": "lime_tabular",
    "PermutationImportance": "permutation_importance",
    "ALE": "ale",
    "IntegratedGradients": "integrated_gradients",
    "Counterfactuals": "counterfactuals",
}
METHODS = tuple(_MODULES)


class Method(NamedTuple):
    """`check` says, before anybody asks, what keeps it from explaining this model: `NotExplainableError`, `InvalidError`."""

    name: str
    check: Callable[[Context], None]
    explain: Callable[[np.ndarray[Any, Any], Context], Explanation]


def method(name: str) -> Method:
    """Imported when it is asked for: each process has one."""
    if name not in _MODULES:
        raise InvalidError("InvalidExplainer", f"explainer.type '{name}' is none of {', '.join(METHODS)}")
    module = import_module(f"sdep.runtime.explain.{_MODULES[name]}")
    return Method(name, module.check, module.explain)
