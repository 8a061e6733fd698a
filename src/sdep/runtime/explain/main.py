"""`python -m sdep explanations`: reads the environment, listens, loads, explains, drains."""

from __future__ import annotations

import os

from sdep.errors import InvalidError
from sdep.runtime import log
from sdep.runtime.explain.settings import ExplainSettings, read_explain_settings
from sdep.runtime.main import run, share_cpus, until_end


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
    share_cpus(settings.serving)
    return run(settings.serving, lambda: _served(settings))


def _served(settings: ExplainSettings) -> str | None:
    from sdep.runtime.explain.server import ExplainServer  # noqa: PLC0415 - CPUs are shared before libraries look at them

    return until_end(ExplainServer(settings))
