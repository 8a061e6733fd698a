"""`seldon-core-microservice MyModel`: v1's command, for classes that were written for it."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from sdep.errors import InvalidError
from sdep.runtime import log
from sdep.runtime.classes.arguments import read_arguments
from sdep.runtime.classes.server import ClassServer
from sdep.runtime.main import run

if TYPE_CHECKING:
    pass


def main() -> int:
    """Return the process's exit code: 0 after a drain, 1 where the class cannot be served."""
    log.configure()
    try:
        settings = read_arguments(sys.argv[1:], os.environ)
    except InvalidError as error:
        log.event("cannot start", level="error", reason=error.reason, detail=error.message)
        return 1
    logging.getLogger().setLevel(settings.log_level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # what it says we say too
    log.event("starting", name=settings.name, unit=settings.unit.name, threads=settings.threads)
    if settings.pid_file is not None:
        settings.pid_file.write_text(f"{os.getpid()}\n")
    return run(settings.serving, lambda: ClassServer(settings))
