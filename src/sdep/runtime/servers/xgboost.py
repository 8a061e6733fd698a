"""XGBoost's own model files, where the image has XGBoost."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sdep.runtime.errors import LoadError
from sdep.runtime.servers.arrange import with_rows
from sdep.runtime.servers.columns import table
from sdep.runtime.servers.model import answer
from sdep.runtime.servers.signature import UNKNOWN, Signature

if TYPE_CHECKING:
    from pathlib import Path

    from sdep.runtime.message import Payload

XGBOOST_FILES = ("model.bst", "model.ubj", "model.json")


@dataclass(frozen=True, slots=True)
class XGBoostModel:
    """Raw booster output, as v1 gives it."""

    booster: Any
    matrix: Any
    signature: Signature = UNKNOWN
    platform: str = "xgboost"

    def predict(self, payload: Payload) -> Payload:
        return answer(payload, self.booster.predict(self.matrix(table(with_rows(payload)))))


def load_xgboost(unit: str, directory: Path) -> XGBoostModel:
    path = next((directory / name for name in XGBOOST_FILES if (directory / name).is_file()), None)
    if path is None:
        raise LoadError(unit, f"{directory} holds none of MLmodel, {', '.join(XGBOOST_FILES)}")
    xgboost = import_module("xgboost")
    booster = xgboost.Booster()
    booster.load_model(path)
    return XGBoostModel(booster, xgboost.DMatrix)
