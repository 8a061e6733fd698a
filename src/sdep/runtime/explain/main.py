"""`python -m sdep explanations`: reads the environment, listens, loads, explains, drains."""

from __future__ import annotations

import os

from sdep.errors import InvalidError
from sdep.runtime import log
from sdep.runtime.explain.settings import ExplainSettings, read_explain_settings
from sdep.runtime.main import run, until_end

_NICE = 10


def main() -> int:
    """Return the process's exit code: 0 after a drain, 1 where nothing can be explained."""
    log.configure()
    try:
        settings = read_explain_settings(os.environ)
    except InvalidError as error:
        log.event("cannot start", level="error", reason=error.reason, detail=error.message)
        return 1
    told = settings.explainer
    log.event("starting", type=told.type, model=told.model, predictor=told.predictor)
    stand_back()
    return run(settings.serving, lambda: _served(settings))


def stand_back() -> None:
    """Predictions go first where both share processors: who explains takes one at a time, and takes it last.

    Many threads make an explanation little faster and cost much more: its calls are many and small.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.nice(_NICE)


def _served(settings: ExplainSettings) -> str | None:
    from sdep.runtime.explain.server import ExplainServer  # noqa: PLC0415 - libraries read their number of threads when they are loaded

    return until_end(ExplainServer(settings))
