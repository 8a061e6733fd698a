"""The rows of docs/compatibility.md: features.yaml, counted in manifests and set beside what the code says."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from sdep.errors import InvalidError
from sdep.settings import DEFAULTS
from tests.contract import ours

_ROWS = Path(__file__).with_name("features.yaml")
_BASE: dict[str, Any] = {
    "apiVersion": "machinelearning.seldon.io/v1",
    "kind": "SeldonDeployment",
    "metadata": {"name": "example"},
    "spec": {
        "predictors": [
            {
                "name": "default",
                "graph": {"name": "m", "implementation": "MLFLOW_SERVER", "modelUri": "models:/m@live"},
            }
        ]
    },
}

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Feature:
    """`prefix` says of what the field is; `shown` is a part of a manifest for which something is said."""

    prefix: str
    field: str
    here: str
    v1: str = ""
    shown: Body | None = None

    @property
    def path(self) -> list[str]:
        name = self.field.partition("=")[0]
        return [name] if self.prefix in {"annotation", "label"} else name.split(".")

    @property
    def values(self) -> set[str]:
        return set(filter(None, self.field.partition("=")[2].split("|")))

    def used_by(self, manifest: Body) -> bool:
        return any(
            found if not self.values else found in self.values
            for root in _roots(self.prefix, manifest)
            for found in _found(root, self.path)
        )

    def said(self) -> str:
        """What the operator says where the field has no effect, or can not have it."""
        if self.shown is None:
            return ""
        manifest = cast("Body", _merged(_BASE, self.shown))
        try:
            problems = ours.said(manifest, DEFAULTS)
        except InvalidError as error:
            return f"refused: {error.message}"
        first = problems[0]
        return f"{'refused' if first.severity == 'error' else first.reason}: {first}"


@dataclass(frozen=True)
class Section:
    title: str
    features: list[Feature]


def sections() -> list[Section]:
    return [
        Section(part["section"], [Feature(part["prefix"], **row) for row in part["rows"]])
        for part in yaml.safe_load(_ROWS.read_text())
    ]


def _roots(prefix: str, manifest: Body) -> list[Body]:
    """The parts of a manifest whose fields a prefix names."""
    spec = manifest["spec"]
    predictors = list(spec.get("predictors") or ())
    components = [component for predictor in predictors for component in predictor.get("componentSpecs") or ()]
    places = [manifest["metadata"], spec, *predictors, *(component.get("metadata") or {} for component in components)]
    return {
        "spec": [spec],
        "predictor": predictors,
        "component": components,
        "unit": [unit for predictor in predictors for unit in _units(predictor["graph"])],
        "explainer": [predictor["explainer"] for predictor in predictors if predictor.get("explainer")],
        "annotation": [place.get("annotations") or {} for place in places],
        "label": [manifest["metadata"].get("labels") or {}],
    }[prefix]


def _units(unit: Body) -> Iterator[Body]:
    yield unit
    for child in unit.get("children") or ():
        yield from _units(child)


def _found(value: object, path: list[str]) -> Iterator[object]:
    """Values at a path, where `[]` goes through a list and a `*` at the end takes every name that begins so."""
    if not path:
        yield value not in (None, "", {}, []) and (value if isinstance(value, str) else True)
        return
    step, rest = path[0], path[1:]
    if step.endswith("*"):
        names = value if isinstance(value, Mapping) else ()
        yield from (True for name in names if name.startswith(step[:-1]))
        return
    inner = value.get(step.removesuffix("[]")) if isinstance(value, Mapping) else None
    for each in (inner or ()) if step.endswith("[]") else [inner]:
        yield from _found(each, rest)


def _merged(base: object, part: object) -> object:
    """`base` with a part laid over it; lists entry by entry, and an empty list empties."""
    if isinstance(base, dict) and isinstance(part, Mapping):
        return {**base, **{key: _merged(base.get(key), value) for key, value in part.items()}}
    if isinstance(base, list) and isinstance(part, list) and part:
        laid = [_merged(base[number] if number < len(base) else None, each) for number, each in enumerate(part)]
        return laid + base[len(part) :]
    return copy.deepcopy(part)
