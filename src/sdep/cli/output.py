"""Answers for programs: the same values as JSON or YAML."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import yaml


def emit(value: object, form: str) -> None:
    """Print one value as `json` or `yaml`."""
    if form == "json":
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    else:
        yaml.safe_dump(value, sys.stdout, sort_keys=False, allow_unicode=True, width=120)
    sys.stdout.flush()


def emit_objects(bodies: Sequence[dict[str, Any]], form: str) -> None:
    """Print Kubernetes objects as `kubectl apply` reads them: YAML documents, or one JSON List."""
    if form == "json":
        emit({"apiVersion": "v1", "kind": "List", "items": list(bodies)}, form)
    else:
        yaml.safe_dump_all(bodies, sys.stdout, sort_keys=False, explicit_start=True, allow_unicode=True)
