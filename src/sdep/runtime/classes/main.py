"""`seldon-core-microservice MyModel`: v1's command, for classes that were written for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sdep.errors import InvalidError
from sdep.runtime import log
from sdep.runtime.classes.arguments import read_arguments
from sdep.runtime.classes.server import ClassServer, log_from
from sdep.runtime.main import run, share_cpus, until_end
from sdep.runtime.settings import SILENT_SECONDS

if TYPE_CHECKING:
    from sdep.runtime.classes.arguments import ClassSettings


def main() -> int:
    """Return the process's exit code: 0 after a drain, 1 where the class cannot be served."""
    log.configure()
    try:
        settings = read_arguments(sys.argv[1:], os.environ)
    except InvalidError as error:
        log.event("cannot start", level="error", reason=error.reason, detail=error.message)
        return 1
    log_from(settings.log_level)
    workers = settings.serving.workers
    log.event("starting", name=settings.name, unit=settings.unit.name, threads=settings.threads, workers=workers)
    if settings.pid_file is not None:
        settings.pid_file.write_text(f"{os.getpid()}\n")
    return run(settings.serving, lambda: until_end(ClassServer(settings)) if workers == 1 else _several(settings))


def _several(settings: ClassSettings) -> str | None:
    """Each with an object of the class. As with one, nothing listens before it is loaded."""
    from sdep.runtime.workers.child import Work  # noqa: PLC0415 - one process needs none
    from sdep.runtime.workers.supervisor import supervise  # noqa: PLC0415 - as above

    share_cpus(settings.serving)
    work = Work("sdep.runtime.classes.worker", settings.serving.further_ports(), tuple(sys.argv[1:]), SILENT_SECONDS)
    return supervise(settings.serving, settings.serving.workers, work)
