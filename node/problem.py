"""The one error that is told to the user as a sentence."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - it is shown to people, who have problems
    """What went wrong, with what to do about it."""
