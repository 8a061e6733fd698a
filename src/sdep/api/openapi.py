"""A pydantic model as a structural OpenAPI v3 schema: no references, no unions, a bounded depth."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_KEPT = {"type", "format", "enum", "minimum", "maximum", "pattern"}
_EXTENSIONS = "x-kubernetes-"
_FREE_FORM: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def structural(model: type[BaseModel], depth: int) -> dict[str, Any]:
    """The schema of `model`. A type that holds itself is unrolled `depth` times; below that, anything goes."""
    schema = model.model_json_schema(by_alias=True)
    return _convert(schema, schema.get("$defs", {}), {}, depth)


def _convert(node: dict[str, Any], types: dict[str, Any], seen: dict[str, int], depth: int) -> dict[str, Any]:
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        if seen.get(name, 0) > depth:
            return dict(_FREE_FORM)
        return _convert(types[name], types, {**seen, name: seen.get(name, 0) + 1}, depth)
    if "anyOf" in node:
        return _optional(node, types, seen, depth)
    return {**_plain(node), **_nested(node, types, seen, depth)}


def _plain(node: dict[str, Any]) -> dict[str, Any]:
    out = {key: value for key, value in node.items() if key in _KEPT or key.startswith(_EXTENSIONS)}
    if "const" in node:
        out["enum"] = [node["const"]]
    if node.get("required"):
        out["required"] = node["required"]
    return out


def _nested(node: dict[str, Any], types: dict[str, Any], seen: dict[str, int], depth: int) -> dict[str, Any]:
    out = {
        key: _convert(node[key], types, seen, depth)
        for key in ("items", "additionalProperties")
        if isinstance(node.get(key), dict)
    }
    if "properties" in node:
        out["properties"] = {name: _convert(value, types, seen, depth) for name, value in node["properties"].items()}
    return out


def _optional(node: dict[str, Any], types: dict[str, Any], seen: dict[str, int], depth: int) -> dict[str, Any]:
    (some,) = [option for option in node["anyOf"] if option.get("type") != "null"]
    out = _convert(some, types, seen, depth)
    if "enum" in out:
        out["enum"] = [*out["enum"], None]
    return {**out, "nullable": True}
