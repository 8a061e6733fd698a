"""How often a container is asked again: seldom, so that one that is in trouble is not drowned by those who ask."""

from __future__ import annotations

PAUSES = (0.02, 0.1)
"""Seconds before each further try of a call that came to nothing."""
SHARE = 0.2
"""Of a hundred calls, so many may be tried again."""
RESERVE = 10.0
"""What may be spent at once, by a container that answered long enough."""
GONE = frozenset({502, 503, 504})
"""Codes of a proxy, or of a container that is starting or stopping: another try may meet one that is well."""
ONCE = frozenset({"send-feedback"})
"""Steps that are not tried again once they may have been heard: feedback would count twice."""


class RetryBudget:
    """One container's. Each call earns a part of a further try, each further try costs a whole one."""

    def __init__(self) -> None:
        self._tries = RESERVE

    def earn(self) -> None:
        self._tries = min(RESERVE, self._tries + SHARE)

    def spend(self) -> bool:
        """Whether one more try may be made."""
        if self._tries < 1:
            return False
        self._tries -= 1
        return True
