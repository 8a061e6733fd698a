"""A node that tells the payload log what it is asked and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.graph.execute import execute
from sdep.runtime.graph.node import Node
from sdep.runtime.payloads.event import REQUEST, RESPONSE

if TYPE_CHECKING:
    from sdep.runtime.message import Message
    from sdep.runtime.payloads.log import PayloadLog


def logged(log: PayloadLog, node: Node) -> Node:
    """Once on the way in, and once with the answer of the node and all below it; a node of no interest stays as it is."""
    asks, answers = log.tells(node.name, REQUEST), log.tells(node.name, RESPONSE)
    if not asks and not answers:
        return node

    async def enter(message: Message) -> Message:
        if asks:
            log.message(node.name, REQUEST, message)
        answer = await execute(node, message)
        if answers:
            log.message(node.name, RESPONSE, answer)
        return answer

    return Node(node.name, enter=enter)
