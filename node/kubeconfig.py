"""Kubeconfigs: each identity's way to the API server, complete in one file."""

from __future__ import annotations

import base64
import json
from pathlib import Path


def write(file: Path, pki: Path, user: str, server: str) -> None:
    """Write a kubeconfig for the user whose certificate is in the folder. JSON is YAML."""
    name = "sdep-node"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": _data(pki / "ca.crt")}}
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _data(pki / f"{user}.crt"),
                    "client-key-data": _data(pki / f"{user}.key"),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(content, indent=2) + "\n")


def _data(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
