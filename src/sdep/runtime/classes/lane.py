"""Where a class is called: in threads of its own, as many as may call it at once, and never on the event loop.

With one thread, which is v1's default, the class is made, loaded and called in the same one: what belongs to a thread (a database's
connection, an event loop of the class's own, a graph of TensorFlow) works as it did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from sdep.runtime.classes.v1.flask_utils import SeldonMicroserviceException
from sdep.runtime.classes.v1.user_model import SeldonNotImplementedError
from sdep.runtime.errors import LoadError, ServingError
from sdep.runtime.log import event

if TYPE_CHECKING:
    from sdep.runtime.classes.error_handler import ErrorHandler

Answer = TypeVar("Answer")


class UserError(ServingError):
    """What a class raised, with the status and the reason that it chose."""

    def __init__(self, error: SeldonMicroserviceException) -> None:
        super().__init__(str(error.message))
        self.code = error.status_code
        self.reason = error.reason


class ClassLane:
    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="class")
        self.error_handler: ErrorHandler | None = None
        """The class's own way to answer what it raises, once it is loaded and if it has one."""

    async def run(self, call: Callable[..., Answer], *given: Any) -> Answer:  # noqa: ANN401 - the call's own
        """All that it lets out is `ServingError`, `LoadError`, and `SeldonNotImplementedError` of the raw methods."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, call, *given)
        except (ServingError, LoadError, SeldonNotImplementedError):
            raise
        except SeldonMicroserviceException as error:
            event("the class refused", level="warning", detail=str(error.message), reason=error.reason)
            raise UserError(error) from error
        except Exception as error:
            event("the class failed", level="error", error=error)
            raise ServingError(_sentence(error)) from error

    def _call(self, call: Callable[..., Answer], *given: Any) -> Answer:  # noqa: ANN401 - as above
        try:
            return call(*given)
        except (ServingError, LoadError, SeldonNotImplementedError):
            raise
        except Exception as error:
            handled = self.error_handler.handled(error) if self.error_handler is not None else None
            if handled is None:
                raise
            raise handled from error


def _sentence(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
