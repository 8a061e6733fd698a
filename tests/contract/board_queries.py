"""Every query of a board, as Grafana sends it when everything is chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from charts.boards.files import FOLDER

V1 = Path(__file__).parent / "board_14634.yaml"
NAMES = [path.stem for path in sorted(FOLDER.glob("*.json"))]


def of_board(name: str) -> Iterator[tuple[str, str]]:
    """Title of the panel and expression, as they stand in the JSON."""
    for panel in json.loads((FOLDER / f"{name}.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def of_v1() -> Iterator[tuple[str, str]]:
    for title, queries in yaml.safe_load(V1.read_text()).items():
        for expr in queries:
            yield title, expr


def filled(expr: str, window: str) -> str:
    """`All` is `.*` for each variable; `window` is the range that Grafana would choose."""
    return re.sub(r"\$\w+", ".*", re.sub(r"\$__(rate_interval|range)\b", window, expr))
