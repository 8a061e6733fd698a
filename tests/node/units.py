"""Containers of a manifest that answer as v1's wrapped models do. Their image needs no more than a `python3`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).with_name("unit_server.py")


def container(name: str, image: str, add: float = 0) -> dict[str, Any]:
    """Ready a second after it listens, where v1's own probe first looks after twenty."""
    return {
        "name": name,
        "image": image,
        "command": ["python3", "-c", _PROGRAM.read_text()],
        "env": [{"name": "ADD", "value": str(add)}],
        "readinessProbe": {"httpGet": {"path": "/health/status", "port": "http"}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 5"]}}},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
    }
