"""Who can be told."""

from __future__ import annotations

from typing import Protocol

from sdep.api.status import ReceiverName, Told
from sdep.lineage.statement import Statement

SECONDS = 5.0
"""How long a receiver may take for one request."""


class RefusedError(Exception):
    """The receiver understood, and wants no such statement: to say it again is useless."""


class Receiver(Protocol):
    @property
    def name(self) -> ReceiverName: ...

    def send(self, statement: Statement, before: Told | None, at: str) -> None:
        """Blocks. `at` is RFC 3339. Raises RefusedError, or anything else where another try may end otherwise."""

    def runs(self, statement: Statement) -> dict[str, str]:
        """What of a statement the next one must know beside its models, by predictor."""


_REFUSED = {400, 413, 422}
"""HTTP statuses that are about what was said. 401, 403 and 404 are about how we were set up, and that can be put right."""


def is_refusal(error: BaseException | None) -> bool:
    """Of an error of `requests`, with which both libraries send."""
    return getattr(getattr(error, "response", None), "status_code", 0) in _REFUSED
