"""A graph node as the executor sees it: up to four steps, each a function, and children."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sdep.runtime.message import Message, Payload

Transform = Callable[[Message], Awaitable[Message]]
Route = Callable[[Message], Awaitable[int]]
Aggregate = Callable[[Sequence[Message]], Awaitable[Message]]
Learn = Callable[[int, float, int], Awaitable[None]]
"""From the branch that was taken, the reward for it, and the number of rows that it speaks of."""
Held = Callable[[Payload], float]

ALL_CHILDREN = -1
NO_CHILD = -2


@dataclass(frozen=True, slots=True)
class Node:
    """`enter` is a prediction or a transformer's input step, `leave` an output transformer's; None does nothing.

    `learn` is a router's way to hear of feedback. `held` tells for how many seconds its steps will hold the event loop,
    without ever waiting for anything else; None where they may wait.
    """

    name: str
    children: tuple[Node, ...] = ()
    enter: Transform | None = None
    route: Route | None = None
    aggregate: Aggregate | None = None
    leave: Transform | None = None
    learn: Learn | None = None
    held: Held | None = None
