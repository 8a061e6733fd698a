"""`python -m sdep serve`: reads the environment, listens, loads, serves, drains."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sdep.errors import InvalidError
from sdep.runtime import log
from sdep.runtime.server import RuntimeServer
from sdep.runtime.settings import read_settings
from sdep.runtime.termination import leave_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.settings import Settings


def main() -> int:
    """Return the process's exit code: 0 after a drain, 1 where there is nothing that could be served."""
    log.configure()
    try:
        settings = read_settings(os.environ)
    except InvalidError as error:
        log.event("cannot start", level="error", reason=error.reason, detail=error.message)
        return 1
    return serve(settings)


def serve(settings: Settings) -> int:
    served = settings.predictor
    log.event("starting", deployment=served.deployment, namespace=served.namespace, predictor=served.predictor)
    return run(settings, lambda: RuntimeServer(settings))


def run(settings: Settings, make: Callable[[], RuntimeServer]) -> int:
    """Until it is told to end. Whatever keeps it from serving is said in the container's last words."""
    try:
        server = make()
    except InvalidError as error:
        log.event("cannot start", level="error", reason=error.reason, detail=error.message)
        leave_message(settings.termination_log, error.message)
        return 1
    server.run()
    if server.failure is None:
        log.event("stopped")
        return 0
    leave_message(settings.termination_log, server.failure)
    return 1
