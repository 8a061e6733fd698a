"""Where explanations are made: in few threads, with room for some to wait, so that probes and clients are always answered."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sdep.errors import SdepError
from sdep.runtime.errors import BadDataError
from sdep.runtime.explain.question import rows_of
from sdep.runtime.graph.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.explanation import Explanation
    from sdep.runtime.explain.methods import Method
    from sdep.runtime.message import Payload


class Desk:
    """`BusyError` where as many as `inside` are being made or wait already."""

    def __init__(
        self, method: Method, context: Context, threads: int, inside: int, refused: Callable[[], None]
    ) -> None:
        self._method = method
        self._context = context
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="explain")
        self._gate = Gate(inside, refused)

    async def explain(self, payload: Payload) -> Explanation:
        with self._gate:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._explained, payload)

    def _explained(self, payload: Payload) -> Explanation:
        rows = rows_of(payload, self._context.names)
        try:
            return self._method.explain(rows, self._context)
        except SdepError as error:
            raise BadDataError(error.message) from error
