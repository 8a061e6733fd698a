"""SeldonDeployment manifests that others wrote, with what v1 made of each. The folder is named by SDEP_CORPUS."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SDEP_CORPUS") or ROOT.parent / "shared" / "corpus")
MISSING = f"no corpus of manifests in {FOLDER}: name one with SDEP_CORPUS"


@dataclass(frozen=True)
class Sample:
    file: str
    accepted: bool
    manifest: dict[str, Any]


def load() -> list[Sample]:
    """Every manifest; `accepted` is whether v1's admission let it in."""
    with (FOLDER / "index.tsv").open() as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    return [
        Sample(row["file"], row["upstream_verdict"] != "reject", yaml.safe_load((FOLDER / row["file"]).read_text()))
        for row in rows
    ]
