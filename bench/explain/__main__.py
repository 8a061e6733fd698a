"""`make bench-explain`: loopback alone, two minutes; ends with a line for each target, and with 1 where one is short."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.explain.fast import predictions_beside_explaining, tree_shap_beside_a_prediction
from bench.explain.right import beside_the_library, of_anchors
from bench.explain.subjects import TREES, linear, save
from bench.targets import Target

_TIMED = ["xgboost", "lightgbm", "forest"]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for target, measured in _measured(Path(folder)):
            lines.append(target.verdict(measured))
            print(lines[-1], flush=True)
    return int(any(line.endswith("short") for line in lines))


def _measured(folder: Path) -> Iterator[tuple[Target, float]]:
    models = {**{name: make() for name, make in TREES.items()}, "linear": linear()}
    yield from beside_the_library(models, folder)
    yield from of_anchors(models["classes"])
    for name in _TIMED:
        save(folder, name, models[name])
    yield from tree_shap_beside_a_prediction(folder, _TIMED)
    for type_ in ("TreeShap", "KernelShap", "AnchorTabular"):
        yield from predictions_beside_explaining(folder, type_, "xgboost")


if __name__ == "__main__":
    sys.exit(main())
