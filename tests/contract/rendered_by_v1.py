"""Children as Seldon Core v1.17.1 left them in a cluster, one folder a SeldonDeployment. Their folder is named by SDEP_RENDERED_BY_V1."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.contract.corpus import ROOT
from tests.contract.shape import KINDS

FOLDER = Path(os.environ.get("SDEP_RENDERED_BY_V1") or ROOT.parent / "shared" / "facts" / "rendered-by-v1")
MISSING = f"nothing that v1 rendered in {FOLDER}: name it with SDEP_RENDERED_BY_V1"


@dataclass(frozen=True)
class Snapshot:
    """`sdep` is the stored SeldonDeployment with v1's status."""

    name: str
    sdep: dict[str, Any]
    children: list[dict[str, Any]]


def load() -> list[Snapshot]:
    """Those that v1 accepted."""
    folders = sorted(folder for folder in FOLDER.iterdir() if list(folder.glob("SeldonDeployment-*.yaml")))
    return [_snapshot(folder) for folder in folders]


def refused() -> dict[str, dict[str, Any]]:
    """Manifests that v1 refused, by the name of their folder."""
    folders = [folder for folder in FOLDER.iterdir() if not list(folder.glob("SeldonDeployment-*.yaml"))]
    return {folder.name: _read(folder / "_manifest.yaml") for folder in folders}


def _snapshot(folder: Path) -> Snapshot:
    (sdep,) = (_read(path) for path in folder.glob("SeldonDeployment-*.yaml"))
    children = [_read(path) for kind in KINDS for path in sorted(folder.glob(f"{kind}-*.yaml"))]
    return Snapshot(folder.name, sdep, children)


def _read(path: Path) -> dict[str, Any]:
    body: dict[str, Any] = yaml.safe_load(path.read_text())
    return body
