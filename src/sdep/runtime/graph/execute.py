"""The order of things: enter, route, children, aggregate, leave; to any depth."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sdep.runtime.errors import UnitError
from sdep.runtime.graph.node import ALL_CHILDREN, NO_CHILD
from sdep.runtime.message import Message

if TYPE_CHECKING:
    from sdep.runtime.graph.node import Node


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
        return await _combine(node, await _all(node, message))
    if not 0 <= branch < len(node.children):
        raise UnitError(node.name, f"routed to child {branch} of {len(node.children)}")
    return await _combine(node, [await execute(node.children[branch], message)])


async def _all(node: Node, message: Message) -> list[Message]:
    """Every child's answer, in order, computed side by side; the first failure cancels the others."""
    if len(node.children) == 1:
        return [await execute(node.children[0], message)]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(execute(child, message)) for child in node.children]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def _combine(node: Node, answers: list[Message]) -> Message:
    """Without an aggregate step the first child speaks for all, as in v1."""
    if node.aggregate is None:
        return answers[0]
    return await node.aggregate(answers)
