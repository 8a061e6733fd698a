"""The order of things: enter, route, children, aggregate, leave; to any depth."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from sdep.runtime.errors import UnitError
from sdep.runtime.graph.node import ALL_CHILDREN, NO_CHILD
from sdep.runtime.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.graph.node import Node
    from sdep.runtime.message import Payload

TOGETHER_SECONDS = 0.001
"""Children that hold the event loop for no longer than this in all are asked one after the other: a task for each costs
more than most of them, and while they compute nothing can run beside them anyway."""


async def execute(node: Node, message: Message) -> Message:
    """Give the node's answer; any step's `ServingError` ends the whole request."""
    if node.enter is not None:
        message = await node.enter(message)
    if node.children:
        message = await _descend(node, message)
    if node.leave is not None:
        message = await node.leave(message)
    return message


async def _descend(node: Node, message: Message) -> Message:
    branch = ALL_CHILDREN
    if node.route is not None:
        branch = await node.route(message)
        message = Message(message.payload, message.meta.routed(node.name, branch))
    if branch == NO_CHILD:
        return message
    if branch == ALL_CHILDREN:
        return await _combine(node, await _all(node.children, message))
    if not 0 <= branch < len(node.children):
        raise UnitError(node.name, f"routed to child {branch} of {len(node.children)}")
    return await _combine(node, [await execute(node.children[branch], message)])


async def _all(children: Sequence[Node], message: Message) -> list[Message]:
    """Every child's answer, in order. Those that wait for something do so side by side; the first failure cancels them."""
    waiting = _waiting(children, message.payload)
    if not waiting or len(children) == 1:
        return [await execute(child, message) for child in children]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {number: group.create_task(execute(children[number], message)) for number in waiting}
            await asyncio.sleep(0)  # what waits is under way before anything holds the loop
            here = {
                number: await execute(child, message) for number, child in enumerate(children) if number not in tasks
            }
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [here[number] if number in here else tasks[number].result() for number in range(len(children))]


def _waiting(children: Sequence[Node], payload: Payload) -> list[int]:
    """The children that get a task of their own."""
    left, waiting = TOGETHER_SECONDS, []
    for number, child in enumerate(children):
        seconds = _held(child, payload)
        if seconds > left:
            waiting.append(number)
        else:
            left -= seconds
    return waiting


def _held(node: Node, payload: Payload) -> float:
    """Seconds for which a node and all below it would hold the event loop; infinite for what waits elsewhere."""
    if node.held is None:
        return math.inf
    seconds = node.held(payload)
    for child in node.children:
        seconds += _held(child, payload)
    return seconds


async def _combine(node: Node, answers: list[Message]) -> Message:
    """Without an aggregate step the first child speaks for all, as in v1."""
    if node.aggregate is None:
        return answers[0]
    return await node.aggregate(answers)
