"""Training an explainer ahead: the reference data is thinned, what takes long is computed once, and both are kept in a folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdep.contract import ServedExplainer, ServedPredictor, ServedUnit
from sdep.runtime.explain.artifact import Artifact, write_artifact
from sdep.runtime.explain.background import ROWS, representatives
from sdep.runtime.explain.config import Config
from sdep.runtime.explain.context import Context
from sdep.runtime.explain.methods import method
from sdep.runtime.explain.settings import ExplainSettings
from sdep.runtime.explain.subject import load_context
from sdep.runtime.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.runtime.reference.reference import Reference

UNIT = "model"


def fit(
    model_directory: Path, reference: Reference, type_: str, config: Mapping[str, str], into: Path | None = None
) -> Path:
    """Write an explainer of the model into the folder `into`, a new one where that is None; return the folder.

    It is tried on the first row of the data before it is written: `NotExplainableError` and `InvalidError` say why it would not explain.
    """
    chosen = method(type_)
    context = _context(model_directory, reference, type_, config)
    chosen.check(context)
    chosen.explain(context.data.rows[:1], context)
    folder = into or Path(tempfile.mkdtemp(prefix="explainer-"))
    write_artifact(folder, Artifact(type_, dict(config), reference, _ahead(context)))
    return folder


def _context(directory: Path, reference: Reference, type_: str, config: Mapping[str, str]) -> Context:
    told = ServedExplainer(
        type=type_, model=UNIT, predictor="", config=dict(config), model_directory=str(directory.resolve())
    )
    served = ServedPredictor(deployment="", namespace="", predictor="", graph=ServedUnit(name=UNIT))
    loaded = load_context(ExplainSettings(Settings(served), told))
    return Context(
        predict=loaded.predict,
        names=reference.names,
        reference=reference,
        config=Config(config),
        native=loaded.native,
    )


def _ahead(context: Context) -> dict[str, Any]:
    found = representatives(context.data, context.config.whole("n_background_samples", ROWS))
    return {"background": {"rows": found.rows.tolist(), "weights": found.weights.tolist()}}
