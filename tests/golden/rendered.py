"""What all golden files say that manifests become."""

from __future__ import annotations

from pathlib import Path

_WRITTEN = {"given.yaml", "settings.yaml"}
"""What a person wrote, not what was rendered."""

RENDERED = sorted(file for file in Path(__file__).parent.glob("**/*.yaml") if file.name not in _WRITTEN)
