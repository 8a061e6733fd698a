"""What the environment tells an explainer; read once, at the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from sdep.contract import (
    ENV_EXPLAINER,
    ENV_GRPC_PORT,
    ENV_HTTP_PORT,
    ENV_PREDICTOR,
    ServedExplainer,
    ServedPredictor,
    ServedUnit,
)
from sdep.errors import InvalidError
from sdep.runtime.explain.context import SEED
from sdep.runtime.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

ENV_RESEEDED, ENV_SEED = "EXPLAIN_RANDOM_SEED", "EXPLAIN_RANDOM_SEED_VALUE"
"""v1's. What is asked twice is answered alike unless the first is "False"; the second, a number, is what draws begin with."""
WAITING = 16
"""Explanations that may wait for each thread, where `SDEP_MAX_QUEUE` does not say."""


@dataclass(frozen=True)
class ExplainSettings:
    """`seed` is None where each request is to draw anew."""

    serving: Settings
    explainer: ServedExplainer
    seed: int | None = SEED

    @property
    def inside(self) -> int:
        """Explanations at once: those that are made, and those that wait."""
        return self.serving.threads * (1 + (self.serving.queue or WAITING))

    def directory(self, path: str) -> Path | None:
        return self.serving.root / path.lstrip("/") if path else None


def read_explain_settings(environment: Mapping[str, str]) -> ExplainSettings:
    """`InvalidError` names the variable that is missing or wrong."""
    try:
        told = ServedExplainer.model_validate_json(environment.get(ENV_EXPLAINER, ""))
    except ValidationError as error:
        raise InvalidError("InvalidEnvironment", f"{ENV_EXPLAINER} does not hold an explainer: {error}") from error
    served = ServedPredictor(
        deployment=environment.get("SELDON_DEPLOYMENT_ID", ""),
        namespace="",
        predictor="",
        graph=ServedUnit(name=told.model),
    )
    serving = {
        ENV_PREDICTOR: served.model_dump_json(exclude_defaults=True),
        ENV_GRPC_PORT: "",
        ENV_HTTP_PORT: environment.get(ENV_HTTP_PORT, str(told.port)),
    }
    return ExplainSettings(read_settings({**environment, **serving}), told, _seed(environment))


def _seed(environment: Mapping[str, str]) -> int | None:
    if environment.get(ENV_RESEEDED, "True").lower() in {"false", "0"}:
        return None
    given = environment.get(ENV_SEED, str(SEED))
    if not given.isdecimal():
        raise InvalidError("InvalidEnvironment", f"{ENV_SEED} must be a whole number, not '{given}'")
    return int(given)
