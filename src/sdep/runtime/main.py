"""`python -m sdep serve`: reads the environment, listens, loads, serves, drains."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from sdep.built_in import LEARNING
from sdep.errors import InvalidError
from sdep.runtime import log
from sdep.runtime.limits import spare_workers, usable_cpus
from sdep.runtime.settings import read_settings
from sdep.runtime.termination import leave_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.server import RuntimeServer
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
    settings = _of_one_mind(settings)
    share_cpus(settings)
    workers = _workers(settings)
    return run(settings, lambda: _alone(settings) if workers == 1 else _several(settings, workers))


def run(settings: Settings, serves: Callable[[], str | None]) -> int:
    """Until it is told to end. Whatever keeps it from serving is said in the container's last words."""
    try:
        failure = serves()
    except InvalidError as error:
        log.event("cannot start", level="error", reason=error.reason, detail=error.message)
        failure = error.message
    if failure is None:
        log.event("stopped")
        return 0
    leave_message(settings.termination_log, failure)
    return 1


def _workers(settings: Settings) -> int:
    return settings.workers or spare_workers()


def _of_one_mind(settings: Settings) -> Settings:
    """Routers that learn keep what they know in one process, whatever number was asked for."""
    learning = [
        unit.name for unit in settings.predictor.graph.walk() if unit.implementation in LEARNING and not unit.host
    ]
    if not learning or settings.workers == 1:
        return settings
    if _workers(settings) > 1:
        log.event("one worker only", level="warning", reason=f"unit '{learning[0]}' learns, in one process")
    return replace(settings, workers=1)


def share_cpus(settings: Settings) -> None:
    """Libraries start a thread for each CPU of the machine, however few of them the container may use. They read this once."""
    machine, each = len(os.sched_getaffinity(0)), max(1, math.ceil(usable_cpus() / _workers(settings)))
    if each < machine:
        os.environ.setdefault("OMP_NUM_THREADS", str(each))


def _alone(settings: Settings) -> str | None:
    from sdep.runtime.loaded_first import LoadedFirstServer  # noqa: PLC0415 - CPUs are shared before libraries look at them
    from sdep.runtime.server import RuntimeServer  # noqa: PLC0415 - as above

    return until_end(LoadedFirstServer(settings) if settings.baked else RuntimeServer(settings))


def until_end(server: RuntimeServer) -> str | None:
    """Serve in this process; return why nothing could be served, None after a drain."""
    server.run()
    return server.failure


def _several(settings: Settings, workers: int) -> str | None:
    from sdep.runtime.workers.supervisor import supervise  # noqa: PLC0415 - one process needs none

    return supervise(settings, workers)
