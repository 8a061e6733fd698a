"""Others see every node of a graph at work, and the graph knows nothing of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdep.runtime.graph.node import Node


def wrapped(node: Node, wraps: Sequence[Callable[[Node], Node]]) -> Node:
    """Put each wrap around every node, the last one outermost: it gets a node with its children, and gives one that runs it."""
    outer = replace(node, children=tuple(wrapped(child, wraps) for child in node.children))
    for wrap in wraps:
        outer = wrap(outer)
    return outer
