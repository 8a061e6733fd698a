"""The work queue: once each, one at a time, and never stopped by a failure."""

from __future__ import annotations

import asyncio

from sdep.operator.queue import WorkQueue
from sdep.operator.store import ObjectName

A, B = ("ns", "a"), ("ns", "b")


async def run(queue: WorkQueue, workers: int, until: asyncio.Event) -> None:
    tasks = [asyncio.create_task(queue.work()) for _ in range(workers)]
    await asyncio.wait_for(until.wait(), 5)
    for task in tasks:
        task.cancel()


async def test_many_wakes_before_a_look_are_one_look() -> None:
    seen: list[ObjectName] = []
    done = asyncio.Event()

    async def reconcile(name: ObjectName) -> None:
        seen.append(name)
        if name == B:
            done.set()

    queue = WorkQueue(reconcile)
    for _ in range(10):
        queue.add(A)
    queue.add(B)
    await run(queue, 1, done)
    assert seen == [A, B]


async def test_a_wake_during_a_look_leads_to_another_look_and_never_to_two_at_once() -> None:
    looks = running = 0
    done = asyncio.Event()

    async def reconcile(name: ObjectName) -> None:
        nonlocal looks, running
        running += 1
        assert running == 1
        looks += 1
        if looks == 1:
            queue.add(name)
            await asyncio.sleep(0.01)
        else:
            done.set()
        running -= 1

    queue = WorkQueue(reconcile)
    queue.add(A)
    await run(queue, 4, done)
    assert looks == 2


async def test_a_failure_is_tried_again_and_harms_no_other_object() -> None:
    seen: list[ObjectName] = []
    done = asyncio.Event()

    async def reconcile(name: ObjectName) -> None:
        seen.append(name)
        if name == A and seen.count(A) == 1:
            raise RuntimeError("broken")
        if seen.count(A) == 2:
            done.set()

    queue = WorkQueue(reconcile)
    queue.add(A)
    queue.add(B)
    await run(queue, 1, done)
    assert seen == [A, B, A]
