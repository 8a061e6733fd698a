"""The header that uvicorn makes anew each second, as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvicorn.server import ServerState


class _Date:
    """Written once for all answers of a second."""

    def __init__(self) -> None:
        self._of: list[tuple[bytes, bytes]] = []
        self._line = b""

    def line(self, state: ServerState) -> bytes:
        if state.default_headers is not self._of:
            self._of = state.default_headers
            self._line = b"".join(b"%b: %b\r\n" % header for header in self._of)
        return self._line


DATE = _Date()
