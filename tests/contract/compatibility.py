"""Write the tables of docs/compatibility.md: what each part of a manifest does, and how many of others' manifests use it.

`python -m tests.contract.compatibility`. The rows are in features.yaml; what is quoted of conditions is what the code says today.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sdep.errors import InvalidError
from sdep.settings import DEFAULTS
from tests.contract import ours, v1
from tests.contract.corpus import ROOT, Sample, load
from tests.contract.differences import REASONS, differences, reason_of
from tests.contract.refusals import BETTER
from tests.contract.shape import shapes

PAGE = ROOT / "docs" / "compatibility.md"
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
_MARKED = "(?<=<!-- {0} -->\n).*?(?=<!-- /{0} -->)"

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
        manifest = _merged(_BASE, self.shown)
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


def page() -> str:
    """docs/compatibility.md with its tables made anew; the words between them stay."""
    samples = load()
    text = PAGE.read_text()
    for name, made in (("counts", _counts(samples)), ("better", _better()), ("features", _features(samples))):
        text = re.sub(_MARKED.format(name), lambda _, made=made: made, text, flags=re.DOTALL)
    return text


def _features(samples: list[Sample]) -> str:
    accepted = [sample.manifest for sample in samples if sample.accepted]
    lines: list[str] = []
    for section in sections():
        lines += [f"\n### {section.title}\n", "| field | here | in v1, if otherwise | what is said | used |", "|---|---|---|---|---:|"]
        for feature in section.features:
            count = sum(feature.used_by(manifest) for manifest in accepted)
            cells = (_name(feature.field), feature.here, feature.v1, _quoted(feature.said()), str(count))
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).lstrip("\n") + "\n"


def _name(field: str) -> str:
    name, _, values = field.partition("=")
    return f"`{name}: {values.replace('|', ', ')}`" if values else f"`{name}`"


def _quoted(text: str) -> str:
    return f"`{text}`" if text else ""


def _counts(samples: list[Sample]) -> str:
    accepted = [sample for sample in samples if sample.accepted]
    found = {
        sample.file: list(
            differences(shapes(made.body for made in ours.rendered(sample.manifest)), v1.children(sample.manifest))
        )
        for sample in accepted
    }
    same = sum(not each for each in found.values())
    rest = len(accepted) - same
    refused = len(samples) - len(accepted)
    return (
        f"Of {len(samples)} manifests that others wrote for v1, v1 accepts {len(accepted)}. All of these are accepted and rendered here: "
        f"{same} get just the children that v1 makes, {rest} get them with an improvement that is named below. "
        f"Of the {refused} that v1 refuses, {refused - len(BETTER)} are refused and {len(BETTER)} are served "
        "(their weights are completed).\n"
    )


def _better() -> str:
    rows = {(reason.kind, reason.field or "the whole", reason.why) for reason in REASONS}
    lines = ["| child | what | why |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {kind} | {field} | {why} |" for kind, field, why in sorted(rows))]) + "\n"


def _roots(prefix: str, manifest: Body) -> Iterator[Body]:
    spec = manifest["spec"]
    predictors = spec.get("predictors") or ()
    components = [component for predictor in predictors for component in predictor.get("componentSpecs") or ()]
    match prefix:
        case "spec":
            yield spec
        case "predictor":
            yield from predictors
        case "component":
            yield from components
        case "unit":
            for predictor in predictors:
                yield from _units(predictor["graph"])
        case "explainer":
            yield from (predictor["explainer"] for predictor in predictors if predictor.get("explainer"))
        case "annotation":
            places = [manifest["metadata"], spec, *predictors, *(component.get("metadata") or {} for component in components)]
            yield from (place.get("annotations") or {} for place in places)
        case "label":
            yield manifest["metadata"].get("labels") or {}


def _units(unit: Body) -> Iterator[Body]:
    yield unit
    for child in unit.get("children") or ():
        yield from _units(child)


def _found(value: Any, path: list[str]) -> Iterator[Any]:
    """Values at a path, where `[]` goes through a list and a `*` at the end takes every name that begins so."""
    if not path:
        yield value not in (None, "", {}, []) and (value if isinstance(value, str) else True)
        return
    step, rest = path[0], path[1:]
    if step.endswith("*"):
        yield from (True for name in value if name.startswith(step[:-1]))
        return
    inner = value.get(step.removesuffix("[]")) if isinstance(value, Mapping) else None
    for each in (inner or ()) if step.endswith("[]") else [inner]:
        yield from _found(each, rest)


def _merged(base: Any, part: Any) -> Any:
    """`base` with a part laid over it; lists entry by entry, and an empty list empties."""
    if isinstance(base, dict) and isinstance(part, Mapping):
        return {**base, **{key: _merged(base.get(key), value) for key, value in part.items()}}
    if isinstance(base, list) and isinstance(part, list) and part:
        laid = [_merged(base[number] if number < len(base) else None, each) for number, each in enumerate(part)]
        return laid + base[len(part) :]
    return copy.deepcopy(part)


if __name__ == "__main__":
    PAGE.write_text(page())
