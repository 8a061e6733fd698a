"""The container's last words, where the kubelet reads them into the pod's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.log import event

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 4096
"""Kubernetes cuts off what is longer."""


def leave_message(path: Path, message: str) -> None:
    """Outside of Kubernetes there may be no such file: the log line then says it alone."""
    try:
        path.write_text(message[:LIMIT])
    except OSError as error:
        event("no termination message", level="warning", path=str(path), detail=str(error))
