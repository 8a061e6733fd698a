"""A model's call that nobody waits for any more is given up: the request ends, and the thread is free when the call is over."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from sdep.runtime.errors import OverdueError
from sdep.runtime.graph.call import CALL

if TYPE_CHECKING:
    from sdep.runtime.graph.build import Predict
    from sdep.runtime.message import Payload


def in_time(unit: str, predict: Predict, limit: float) -> Predict:
    """`predict` within `limit` seconds (0 for none) and the time that the client still waits.

    A call that waits for a thread is never made; one that runs keeps its thread to the end, so that no more run
    at once than there are threads. What runs on the event loop is short, and only looked at before.
    """

    async def predict_in_time(payload: Payload) -> Payload:
        call = CALL.get()
        if not limit and call.deadline is None:
            return await predict(payload)
        seconds = call.seconds_left(limit or math.inf)
        if seconds <= 0:
            raise OverdueError(unit, "the client's time was over before the model was asked")
        try:
            async with asyncio.timeout(seconds) as time:
                return await predict(payload)
        except TimeoutError as error:
            if not time.expired():  # the model's own
                raise
            raise OverdueError(unit, f"no answer of the model within {seconds:.3g} s") from error

    return predict_in_time
