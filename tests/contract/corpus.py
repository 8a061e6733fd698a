"""SeldonDeployment manifests that others wrote, with what v1 made of each. The folder is named by SDEP_CORPUS."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SDEP_CORPUS") or ROOT.parent / "shared" / "corpus")
MISSING = f"no corpus of manifests in {FOLDER}: name one with SDEP_CORPUS"


@dataclass(frozen=True)
class Sample:
    """`reason` is what v1 says of a manifest that it does not serve, each rule as `<field>: <text>`, joined by semicolons."""

    file: str
    verdict: Literal["ok", "reject", "runtime-fail"]
    reason: str
    manifest: dict[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether v1's admission lets it in; a few of those fail later."""
        return self.verdict != "reject"


def load() -> list[Sample]:
    with (FOLDER / "index.tsv").open() as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    return [
        Sample(
            row["file"],
            row["upstream_verdict"],  # type: ignore[arg-type]
            row["reason"] or "",
            yaml.safe_load((FOLDER / row["file"]).read_text()),
        )
        for row in rows
    ]
