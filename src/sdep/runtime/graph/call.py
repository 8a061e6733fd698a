"""What a request brings for the containers that take part in it: headers, and the moment at which nobody waits any more."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import NamedTuple


class Call(NamedTuple):
    """`headers` have lower-case names; `deadline` is monotonic seconds, None where the client set none."""

    headers: Mapping[str, str] = {}
    deadline: float | None = None

    def seconds_left(self, limit: float) -> float:
        """Time for one more call that may take `limit`; never negative."""
        if self.deadline is None:
            return limit
        return max(0.0, min(limit, self.deadline - time.monotonic()))


CALL: ContextVar[Call] = ContextVar("CALL", default=Call())  # noqa: B039 - its fields never change
"""The request of this task. Set where a graph has containers, or the client said how long it waits."""
