"""Which engine a predictor asks for."""

from __future__ import annotations

from typing import Literal

from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment

Engine = Literal["sidecar", "separate", "none"]


def engine_of(sdep: SeldonDeployment, predictor: Predictor) -> Engine:
    if (predictor.annotations or {}).get("seldon.io/no-engine") == "true":
        return "none"
    separate = (sdep.spec.annotations or {}).get("seldon.io/engine-separate-pod", "")
    return "separate" if separate.lower() == "true" else "sidecar"
