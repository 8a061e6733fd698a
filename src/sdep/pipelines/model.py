"""A manifest with another model. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sdep.errors import InvalidError


def with_model(manifest: Mapping[str, Any], uri: str, unit: str = "") -> dict[str, Any]:
    """The manifest with this URI as the `modelUri` of one unit, `predictor/unit`, by default the only one that has any.

    Raises InvalidError that names the units that there are.
    """
    changed: dict[str, Any] = json.loads(json.dumps(manifest))  # what YAML's anchors share is parted
    found = list(_with_models(changed))
    meant = [node for name, node in found if unit in {"", name}]
    if len(meant) != 1:
        known = ", ".join(name for name, _ in found) or "none"
        what = f"no unit {unit!r} has a modelUri" if unit else "say with unit which unit serves the model"
        raise InvalidError("InvalidCall", f"{what}; those that have one: {known}")
    meant[0]["modelUri"] = uri
    return changed


def _with_models(manifest: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for predictor in (manifest.get("spec") or {}).get("predictors") or ():
        for node in _nodes(predictor.get("graph") or {}):
            if node.get("modelUri"):
                yield f"{predictor.get('name', '')}/{node.get('name', '')}", node


def _nodes(graph: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield graph
    for child in graph.get("children") or ():
        yield from _nodes(child)
