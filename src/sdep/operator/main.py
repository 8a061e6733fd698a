"""The operator's process: everything is made here, once, and wired together."""

from __future__ import annotations

import asyncio
import logging
import platform
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

import aiohttp
import kopf
from kopf._cogs.structs import references  # the only way to learn that what is to be watched was found

from sdep.cluster.client import Cluster
from sdep.cluster.credentials import Credentials, load
from sdep.operator import probes
from sdep.operator.context import Context
from sdep.operator.events import Events
from sdep.operator.log import configure
from sdep.operator.metrics import OBJECTS, QUEUE_DEPTH, RECONCILE_SECONDS
from sdep.operator.questions import Questions
from sdep.operator.queue import Reconcile, WorkQueue
from sdep.operator.reconcile import Reconciler
from sdep.operator.store import ObjectName, Store
from sdep.operator.watch import kopf_settings, registry
from sdep.registry.mlflow import MlflowRegistry
from sdep.registry.resolver import Resolver
from sdep.settings import OperatorSettings

_LOG = logging.getLogger(__name__)

Closer = Callable[[], Awaitable[None]]


def run(settings: OperatorSettings) -> int:
    """Run until SIGTERM or SIGINT. Returns the process's exit code."""
    configure(settings.log_level)
    return asyncio.run(_run(settings, load()))


async def _run(settings: OperatorSettings, credentials: Credentials) -> int:
    cluster = Cluster(credentials)
    http = aiohttp.ClientSession()
    store = Store()
    resolver = Resolver(MlflowRegistry(http, settings.registry_timeout_seconds))
    questions = Questions(cluster, resolver, settings)
    events = Events(cluster)
    context = Context(settings, cluster, store, resolver, questions, events)
    queue = WorkQueue(_measured(Reconciler(context)))
    stop, watched = asyncio.Event(), references.Insights()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watching = kopf.operator(
        registry=registry(settings, credentials, store, queue),
        settings=kopf_settings(settings),
        standalone=True,
        identity=cast("Any", platform.node()),  # kopf's own default needs a user name, which a pod's user has not
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        stop_flag=stop,
        insights=watched,
    )
    tasks = [
        asyncio.create_task(watching, name="watches"),
        asyncio.create_task(events.post(), name="events"),
        asyncio.create_task(_follow(context, queue), name="registry"),
        *(asyncio.create_task(queue.work(), name=f"worker {number}") for number in range(settings.workers)),
    ]
    runner = await probes.serve(settings.probe_port, watched.ready_resources, tasks)
    _LOG.info("watching %s", ", ".join(settings.namespaces) or "all namespaces")
    return await _until_stopped(stop, tasks, [runner.cleanup, cluster.close, http.close])


async def _until_stopped(stop: asyncio.Event, tasks: list[asyncio.Task[None]], closers: list[Closer]) -> int:
    """Wait for the signal, or for a part that must not end to end; then put everything away."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    ended = [task for task in tasks if task.done()]
    for task in ended:
        _LOG.error("%s ended: %r", task.get_name(), None if task.cancelled() else task.exception())
    stop.set()
    for task in tasks[1:]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for close in closers:
        await close()
    return 1 if ended else 0


async def _follow(context: Context, queue: WorkQueue) -> None:
    """Ask the registry again and again; wake those whose models moved."""
    while True:
        await asyncio.sleep(context.settings.resolve_interval_seconds)
        for name in await context.questions.refresh():
            queue.add(name)
        states = Counter((body.get("status") or {}).get("state", "Unknown") for body in context.store.sdeps.values())
        for state in ("Available", "Creating", "Failed", "Unknown"):
            OBJECTS.labels(state=state).set(states[state])
        QUEUE_DEPTH.set(queue.depth)


def _measured(reconciler: Reconciler) -> Reconcile:
    async def reconcile(name: ObjectName) -> float | None:
        start = asyncio.get_running_loop().time()
        result = "error"
        try:
            delay = await reconciler.reconcile(name)
            result = "ok"
        finally:
            RECONCILE_SECONDS.labels(result=result).observe(asyncio.get_running_loop().time() - start)
        return delay

    return reconcile
