"""What can go wrong, sorted by what the operator does about it. Imports nothing, so that every layer may raise it."""

from __future__ import annotations


class SdepError(Exception):
    """A failure that ends in a condition: `reason` is stable CamelCase for programs, the message is a sentence for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class InvalidError(SdepError):
    """The user's input must change before another try can end otherwise."""


class TransientError(SdepError):
    """The world may change by itself: worth another try later."""


class LeavingError(SdepError):
    """The namespace is being deleted: whatever was asked for goes with it, and is worth no other try."""
