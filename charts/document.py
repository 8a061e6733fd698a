"""Write the chart's README table and `values.schema.json` from the comments of `values.yaml`: `python -m charts.document`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parent / "sdep-operator"
README, SCHEMA = CHART / "README.md", CHART / "values.schema.json"
_MARK = "@schema "
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z_]\w*):")
_TYPES = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
_TABLE = re.compile(r"(?<=<!-- values -->\n).*?(?=<!-- /values -->)", re.DOTALL)
_IGNORED = re.compile(r"(?<=<!-- without effect -->\n).*?(?=<!-- /without effect -->)", re.DOTALL)


class UndocumentedError(Exception):
    """A value without a comment."""


@dataclass(frozen=True)
class Value:
    """A value that a user sets as a whole: everything that is described in `values.yaml`."""

    path: tuple[str, ...]
    default: Any
    description: str
    constraints: dict[str, Any]

    @property
    def name(self) -> str:
        return ".".join(self.path)

    def schema(self) -> dict[str, Any]:
        kind = next(name for python, name in _TYPES if isinstance(self.default, python))
        return {"description": self.description, "type": kind, **self.constraints}


def described(text: str) -> Iterator[Value]:
    """Every value of `values.yaml`. Raises UndocumentedError where a leaf has no comment."""
    defaults = yaml.safe_load(text)
    path: list[str] = []
    comment: list[str] = []
    inside: tuple[str, ...] | None = None
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip("# "))
        elif found := _KEY.match(line):
            path = [*path[: len(found["indent"]) // 2], found["key"]]
            if inside and tuple(path[: len(inside)]) == inside:
                continue
            default = _at(defaults, path)
            if comment:
                inside = tuple(path)
                yield _value(inside, default, comment)
            elif not isinstance(default, dict):
                raise UndocumentedError(f"values.yaml: {'.'.join(path)} has no comment")
            comment = []
        elif not line.strip():
            comment = []


def without_effect() -> list[dict[str, Any]]:
    """The values of Seldon Core v1 that are accepted and do nothing."""
    found: list[dict[str, Any]] = yaml.safe_load((CHART / "files" / "without-effect.yaml").read_text())
    return found


def schema() -> str:
    """`values.schema.json`: a value that is neither described nor one of v1's is refused."""
    top: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#", **_closed()}
    _put(top, ("global",), {"description": "Values that a parent chart shares.", "type": "object"})
    for value in _values():
        _put(top, value.path, value.schema())
    for entry in without_effect():
        _put(top, tuple(entry["value"].split(".")), {"description": f"Without effect: {entry['why']}."})
    return json.dumps(top, indent=2) + "\n"


def readme() -> str:
    """`README.md` with its two tables written anew."""
    values = [f"| `{value.name}` | {_code(value.default)} | {value.description} |" for value in _values()]
    ignored = [f"| `{entry['value']}` | {entry['why']} |" for entry in without_effect()]
    text = _TABLE.sub(lambda _: _rows(("value", "default", "meaning"), values), README.read_text())
    return _IGNORED.sub(lambda _: _rows(("value of v1", "instead"), ignored), text)


def _values() -> list[Value]:
    return list(described((CHART / "values.yaml").read_text()))


def _value(path: tuple[str, ...], default: object, comment: list[str]) -> Value:
    constraints = [json.loads(line.removeprefix(_MARK)) for line in comment if line.startswith(_MARK)]
    words = [line for line in comment if not line.startswith(_MARK)]
    return Value(path, default, " ".join(words), constraints[0] if constraints else {})


def _at(tree: Any, path: list[str]) -> Any:  # noqa: ANN401 - YAML
    for key in path:
        tree = tree[key]
    return tree


def _closed() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _put(tree: dict[str, Any], path: tuple[str, ...], leaf: dict[str, Any]) -> None:
    for key in path[:-1]:
        tree = tree["properties"].setdefault(key, _closed())
    tree["properties"][path[-1]] = leaf


def _rows(head: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *rows]) + "\n"


def _code(default: object) -> str:
    return f"`{json.dumps(default)}`"


if __name__ == "__main__":
    SCHEMA.write_text(schema())
    README.write_text(readme())
