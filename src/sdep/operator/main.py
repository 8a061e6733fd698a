"""The operator's process: everything is made here, once, and wired together."""

from __future__ import annotations

import asyncio
import logging
import platform
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import aiohttp
import kopf
from kopf._cogs.structs.references import Insights  # the only way to learn that what is to be watched was found

from sdep.admission import server as webhook
from sdep.admission.keeper import Keeper
from sdep.cluster.client import Cluster
from sdep.cluster.credentials import Credentials, load
from sdep.errors import SdepError
from sdep.operator import deliveries, outside, probes
from sdep.operator.acting import Acting
from sdep.operator.comparisons import Comparisons
from sdep.operator.context import Context, utc_now
from sdep.operator.discovery import Discovery
from sdep.operator.drifts import Drifts
from sdep.operator.election import Election
from sdep.operator.events import Events
from sdep.operator.evidence import EvidenceDoor
from sdep.operator.examples import Examples
from sdep.operator.experiments import Experiments
from sdep.operator.gates import GateDoor
from sdep.operator.health import Health
from sdep.operator.lineage.ledger import Ledger
from sdep.operator.lineage.lineage import Lineage, receivers, standing
from sdep.operator.log import configure
from sdep.operator.metrics import (
    ADMISSION_SECONDS,
    CERTIFICATE_EXPIRY,
    RECONCILE_ERRORS,
    RECONCILE_SECONDS,
    evidence_trace,
    kubernetes_trace,
    registry_trace,
)
from sdep.operator.notices import Notices
from sdep.operator.page import server as page
from sdep.operator.page.actions import Actions
from sdep.operator.page.pictures import Pictures
from sdep.operator.page.pictures import session as picture_session
from sdep.operator.prometheus import PrometheusDoor
from sdep.operator.queries import Queries
from sdep.operator.questions import Questions
from sdep.operator.queue import Reconcile, WorkQueue
from sdep.operator.reconcile import Reconciler
from sdep.operator.rollouts import Rollouts
from sdep.operator.served import Served
from sdep.operator.store import ObjectName, Store
from sdep.operator.stream import Streams
from sdep.operator.watch import Watches, kopf_settings
from sdep.registry.mlflow import MlflowRegistry
from sdep.registry.resolver import Resolver
from sdep.settings import OperatorSettings

_LOG = logging.getLogger(__name__)
_REVIEW_ON_SECONDS = 3.0
"""How long reviews are answered after SIGTERM: the API server learns but later that this replica is going."""


def run(settings: OperatorSettings) -> int:
    """Run until SIGTERM or SIGINT. Returns the process's exit code."""
    configure(settings.log_level)
    return asyncio.run(_run(settings, load()))


async def _run(settings: OperatorSettings, credentials: Credentials) -> int:
    async with AsyncExitStack() as closing:
        cluster = Cluster(credentials, [kubernetes_trace()])
        closing.push_async_callback(cluster.close)
        store, insights, stop = Store(), Insights(), asyncio.Event()

        def wake(name: ObjectName) -> None:  # `acting` is made of what needs this
            acting.wake(name)

        context = await _context(closing, settings, cluster, store, wake)
        election = Election(cluster, settings)
        queue = WorkQueue(_measured(Reconciler(context), election), context.calm)
        acting = Acting(context, queue, election)
        watches = Watches(settings, credentials, store, acting.wake)
        streams = Streams(insights, watches.listed, watches.seen)
        closing.enter_context(streams.attached())
        discovery = Discovery(cluster, watches.resources, insights)
        watching = asyncio.create_task(_watch(settings, watches, discovery, insights, stop), name="watches")
        closing.push_async_callback(_cancel, watching)
        health = Health(cluster, store, queue, streams)
        health.tasks += [
            watching,
            asyncio.create_task(discovery.run(), name="discovery"),
            asyncio.create_task(election.run(), name="election"),
            asyncio.create_task(acting.run(streams), name="acting"),
        ]
        if settings.webhook_enabled:
            keeper = Keeper(cluster, settings)
            health.needed.append(keeper.loaded)
            health.tasks.append(asyncio.create_task(keeper.run(), name="certificate"))
            CERTIFICATE_EXPIRY.set_function(lambda: keeper.expires)
            closing.push_async_callback((await webhook.serve(settings, keeper.context, _reviewed)).cleanup)
        closing.push_async_callback((await probes.serve(settings.probe_port, health)).cleanup)
        if settings.mlflow_webhook_port:
            taken = deliveries.Deliveries(Path(settings.mlflow_webhook_secrets), election, acting.hear)
            others = await closing.enter_async_context(aiohttp.ClientSession())
            closing.push_async_callback((await deliveries.serve(taken, others, settings.mlflow_webhook_port)).cleanup)
        if settings.page_port:
            actions = Actions(cluster, credentials, utc_now) if settings.page_actions else None
            pictures = Pictures(await closing.enter_async_context(picture_session()))
            seen = page.Page(store, utc_now, pictures, actions)
            closing.push_async_callback((await page.serve(settings.page_port, seen)).cleanup)
        _LOG.info("watching %s", ", ".join(settings.namespaces) or "all namespaces")
        failed = await _first_end(stop, health.tasks)
        await _cancel(*(task for task in health.tasks if task.get_name() in {"election", "certificate"}))
        await acting.stop()
        await _cancel(*(task for task in health.tasks if task.get_name() == "acting"))
        if settings.webhook_enabled and not failed:
            await asyncio.sleep(_REVIEW_ON_SECONDS)
        return 1 if failed else 0


async def _context(
    closing: AsyncExitStack,
    settings: OperatorSettings,
    cluster: Cluster,
    store: Store,
    wake: Callable[[ObjectName], None],
) -> Context:
    """With a session for each kind of whom we ask: what one may do does not hold for another."""
    http = await closing.enter_async_context(aiohttp.ClientSession(trace_configs=[registry_trace()]))
    pods = await closing.enter_async_context(aiohttp.ClientSession(trace_configs=[evidence_trace("engine")]))
    asked = await closing.enter_async_context(aiohttp.ClientSession(trace_configs=[evidence_trace("prometheus")]))
    others = await closing.enter_async_context(outside.session())
    registry = MlflowRegistry(http, settings.registry_timeout_seconds)
    questions = Questions(cluster, Resolver(registry), settings)
    served = Served(settings.mlflow_served_by, registry, questions, store)
    events = Events(cluster)
    notices = Notices(others, cluster, events, settings.rollout_allowed_hosts)
    closing.push_async_callback(notices.close)
    queries = Queries(PrometheusDoor(asked, settings.prometheus_url))
    door = EvidenceDoor(pods)
    examples = Examples(door, store, wake)
    closing.push_async_callback(examples.close)
    return Context(
        settings,
        cluster,
        store,
        questions,
        events,
        Rollouts(door, queries, GateDoor(others, utc_now, wake), store, utc_now),
        Comparisons(door, store, utc_now),
        Drifts(door, store, utc_now),
        Experiments(door, store, utc_now),
        examples,
        notices,
        Lineage(receivers(settings), Ledger(cluster, settings), standing(cluster, store), wake, utc_now),
        served,
    )


async def _watch(
    settings: OperatorSettings, watches: Watches, discovery: Discovery, insights: Insights, stop: asyncio.Event
) -> None:
    _stop_by_signal(stop)
    await discovery.wait()
    before = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(
        registry=watches.registry,
        settings=kopf_settings(settings),
        standalone=True,
        identity=cast("Any", platform.node()),  # kopf's own default needs a user name, which a pod's user has not
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        insights=insights,
    )
    _stop_by_signal(stop)  # once more after kopf, which would end the watches first
    await kopf.run_tasks(tasks, ignored=before)


def _stop_by_signal(stop: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def _first_end(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> bool:
    """Wait for the signal, or for a part that must not end to end; whether it was the latter."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    ended = [task for task in tasks if task.done()]
    for task in ended:
        _LOG.error("%s ended: %r", task.get_name(), None if task.cancelled() else task.exception())
    await _cancel(stopped)
    return bool(ended)


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _measured(reconciler: Reconciler, election: Election) -> Reconcile:
    async def reconcile(name: ObjectName) -> float | None:
        election.assert_may_act()
        start = asyncio.get_running_loop().time()
        result = "error"
        try:
            delay = await reconciler.reconcile(name)
            result = "ok"
        except Exception as error:
            RECONCILE_ERRORS.labels(reason=error.reason if isinstance(error, SdepError) else type(error).__name__).inc()
            raise
        finally:
            RECONCILE_SECONDS.labels(result=result).observe(asyncio.get_running_loop().time() - start)
        return delay

    return reconcile


def _reviewed(allowed: bool, seconds: float) -> None:  # noqa: FBT001 - called by the webhook alone
    ADMISSION_SECONDS.labels(allowed=str(allowed).lower()).observe(seconds)
