"""The work queue: once each, one at a time, and never stopped by a failure."""

from __future__ import annotations

import asyncio

from sdep.operator.queue import WorkQueue
from sdep.operator.store import ObjectName

A, B, C = ("ns", "a"), ("ns", "b"), ("ns", "c")


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


async def test_what_users_ask_goes_before_what_waits_already_and_is_looked_at_once() -> None:
    seen: list[ObjectName] = []
    done, calm = asyncio.Event(), asyncio.Event()

    async def reconcile(name: ObjectName) -> None:
        assert calm.is_set() == (len(seen) > 0)
        seen.append(name)
        if len(seen) == 3:
            done.set()

    queue = WorkQueue(reconcile, calm)
    assert calm.is_set()
    for name in (A, B, C):
        queue.add(name)
    queue.add(C, first=True)
    queue.add(B, first=True)
    queue.add(C, first=True)
    assert not calm.is_set()
    await run(queue, 1, done)
    await asyncio.sleep(0)
    assert seen == [C, B, A]


async def test_what_a_user_asks_during_a_look_is_first_after_it() -> None:
    seen: list[ObjectName] = []
    done = asyncio.Event()

    async def reconcile(name: ObjectName) -> None:
        seen.append(name)
        if seen == [A]:
            queue.add(B)
            queue.add(A, first=True)
        if len(seen) == 3:
            done.set()

    queue = WorkQueue(reconcile)
    queue.add(A)
    await run(queue, 1, done)
    assert seen == [A, A, B]
