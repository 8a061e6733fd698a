"""Manifests as people keep them: files, directories, several documents in one, each with the lines of its fields."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sdep.api.seldon_deployment import GROUP, KIND
from sdep.errors import InvalidError

_SUFFIXES = {".yaml", ".yml", ".json"}
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")


@dataclass(frozen=True)
class Document:
    """One SeldonDeployment as it stands in a file. `node` is its YAML with line numbers."""

    file: str
    body: dict[str, Any]
    node: yaml.Node
    duplicates: tuple[tuple[int, str], ...] = field(default=())
    """Keys that are written twice, with the line of the second; the last one wins."""

    def line(self, path: str, units: Sequence[str] = ()) -> int:
        """The line of a field such as `spec.predictors[0].graph[price].modelUri`; where it is missing, that of what should hold it.

        `units` are the names of the predictor's units, parents first, for units whose name is a default.
        """
        node, line = self.node, _line_of(self.node)
        for name, index in _STEP.findall(path):
            found = _child(node, name, index, units)
            if found is None:
                return line
            node, line = found
        return line


class UnreadableError(InvalidError):
    """A file that is no YAML, with the line that says so."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__("InvalidManifest", f"{file}:{line}: {message}")
        self.file, self.line, self.said = file, line, message


def read(names: Sequence[str]) -> Iterator[Document]:
    """Every SeldonDeployment in these files, in order; other kinds are passed over. Raises UnreadableError."""
    for name in names:
        for file, text in _texts(name):
            yield from _documents(file, text)


def _texts(name: str) -> Iterator[tuple[str, str]]:
    if name == "-":
        yield "<stdin>", sys.stdin.read()
        return
    path = Path(name)
    paths = sorted(found for found in path.rglob("*") if found.suffix in _SUFFIXES) if path.is_dir() else [path]
    for found in paths:
        try:
            yield str(found), found.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidError("FileUnreadable", f"{found}: {getattr(error, 'strerror', None) or error}") from error


def _documents(file: str, text: str) -> Iterator[Document]:
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        constructor = yaml.SafeLoader("")
        for node in nodes:
            for found in _items(node):
                body = constructor.construct_document(found)
                if isinstance(body, dict) and _is_ours(body):
                    yield Document(file, body, found, tuple(_duplicates(found)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(
            file, mark.line + 1 if mark else 1, f"no YAML: {error.problem or error.context}"
        ) from error
    except yaml.YAMLError as error:
        raise UnreadableError(file, 1, f"no YAML: {error}") from error


def _items(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """A document, or what is in it where it is a List."""
    if isinstance(node, yaml.MappingNode):
        fields = {key.value: value for key, value in node.value}
        kind, items = fields.get("kind"), fields.get("items")
        if isinstance(kind, yaml.ScalarNode) and kind.value == "List" and isinstance(items, yaml.SequenceNode):
            yield from items.value
        else:
            yield node


def _is_ours(body: dict[str, Any]) -> bool:
    """By kind; an object without apiVersion is ours too, so that its fault is said."""
    return body.get("kind") == KIND and str(body.get("apiVersion", GROUP)).startswith(GROUP)


def _duplicates(node: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen and key.value != "<<":
                yield _line_of(key), str(key.value)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            yield from _duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _duplicates(item)


def _child(node: yaml.Node, name: str, index: str, units: Sequence[str]) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode):
        if index.isdecimal() and int(index) < len(node.value):
            return node.value[int(index)], _line_of(node.value[int(index)])
        return None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == (name or index):
            return value, _line_of(key)
    return _unit(node, index, units) if index else None


def _unit(graph: yaml.MappingNode, name: str, units: Sequence[str]) -> tuple[yaml.Node, int] | None:
    """A graph's unit by its name, written or given by default."""
    nodes = list(_walk(graph))
    written = [node for node in nodes if _scalar(node, "name") == name]
    if not written and name in units and units.index(name) < len(nodes):
        written = [nodes[units.index(name)]]
    return (written[0], _line_of(written[0])) if written else None


def _walk(unit: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    yield unit
    for key, value in unit.value:
        if key.value == "children" and isinstance(value, yaml.SequenceNode):
            for child in value.value:
                if isinstance(child, yaml.MappingNode):
                    yield from _walk(child)


def _scalar(node: yaml.MappingNode, name: str) -> str | None:
    return next((value.value for key, value in node.value if key.value == name), None)


def _line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
