"""The boards as files of the chart."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from charts.boards import models, operator, predictions, rollouts
from charts.document import CHART

FOLDER = CHART / "files" / "dashboards"
BOARDS = {
    "predictions": predictions.PREDICTIONS,
    "models": models.MODELS,
    "rollouts": rollouts.ROLLOUTS,
    "operator": operator.OPERATOR,
}
_WIDTH = 120


def texts() -> dict[str, str]:
    """The JSON of each board, by the name of its file."""
    return {f"{name}.json": f"{_text(board.as_json(), '')}\n" for name, board in BOARDS.items()}


def _text(value: Any, margin: str) -> str:  # noqa: ANN401 - JSON
    """What fits into a line is on one line: a third of the lines that an indent everywhere makes."""
    line = json.dumps(value)
    inner = f"{margin}  "
    if len(margin) + len(line) > _WIDTH and isinstance(value, dict):
        return _block("{}", (f"{json.dumps(key)}: {_text(part, inner)}" for key, part in value.items()), margin)
    if len(margin) + len(line) > _WIDTH and isinstance(value, list):
        return _block("[]", (_text(part, inner) for part in value), margin)
    return line


def _block(brackets: str, parts: Iterable[str], margin: str) -> str:
    return f"{brackets[0]}\n" + ",\n".join(f"{margin}  {part}" for part in parts) + f"\n{margin}{brackets[1]}"
