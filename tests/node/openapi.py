"""JSON schemas for kubeconform out of the API server's own OpenAPI: what it serves is what manifests are held against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.kubectl import Target

LOCATION = "{{ .ResourceKind }}{{ .KindSuffix }}.json"
"""kubeconform's words for the names of the files, below their folder."""


def write(target: Target, folder: Path) -> None:
    """A file for each kind that the cluster serves, with every field that it does not know forbidden."""
    paths = json.loads(target.kubectl("get", "--raw", "/openapi/v3"))["paths"]
    for path in paths:
        if path.startswith(("api/v", "apis/")) and path.count("/") in {1, 2}:
            _write_group(json.loads(target.kubectl("get", "--raw", f"/openapi/v3/{path}")), folder)


def _write_group(document: dict[str, Any], folder: Path) -> None:
    schemas = document.get("components", {}).get("schemas", {})
    for schema in schemas.values():
        _close(schema)
    for name, file in _kinds(schemas):
        whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        (folder / file).write_text(json.dumps(whole))


def _kinds(schemas: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(schema, file) of each kind: `deployment-apps-v1.json`, `pod-v1.json`."""
    for name, schema in schemas.items():
        for served in schema.get("x-kubernetes-group-version-kind", ()):
            group = served["group"].split(".")[0]
            suffix = f"-{group}-{served['version']}" if group else f"-{served['version']}"
            yield name, f"{served['kind'].lower()}{suffix}.json"


def _close(schema: object) -> None:
    """Forbid properties that are not named, as kubeconform's own strict schemas do."""
    if isinstance(schema, list):
        for element in schema:
            _close(element)
    if isinstance(schema, dict):
        open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
        if isinstance(schema.get("properties"), dict) and not open_ended:
            schema["additionalProperties"] = False
        for element in schema.values():
            _close(element)
