"""Who says so, as holds and rollouts remember it."""

from __future__ import annotations

import getpass


def user() -> str:
    """The name of the user who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return ""
