"""Where routers keep what they learn, as a manifest says it."""

from __future__ import annotations

from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment

STATE_CLAIM = "sdep.io/state-claim"
"""A PersistentVolumeClaim: what is in it outlives pods, and replicas that share it learn from each other."""


def state_claim(sdep: SeldonDeployment, predictor: Predictor) -> str:
    """The predictor's own, else that of all; "" keeps what is learned in the pod."""
    return (predictor.annotations or {}).get(STATE_CLAIM) or sdep.annotation(STATE_CLAIM) or ""
