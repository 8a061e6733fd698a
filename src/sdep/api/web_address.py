"""Addresses that a manifest names and the operator sends requests to: only where the installation lets it.

Whoever may write a manifest would else reach, through the operator, what only the operator can.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

_HOST = r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
_ADDRESS = re.compile(rf"https?://{_HOST}(:[0-9]{{1,5}})?([/?][!-\[\]-~]*)?")
"""Strict, so that no two parsers find two hosts in it; and without a user name, which would be a secret in a manifest."""


def host_of(url: str) -> str:
    """In lower case and without a last dot; "" where it is no address of the form that is taken."""
    found = _ADDRESS.fullmatch(url)
    return found["host"].lower().rstrip(".") if found else ""


def refusal(url: str, allowed: Sequence[str]) -> str:
    """Why nothing is sent there, or "". `allowed` are patterns of hosts. The address itself may be a secret, and is not said."""
    host = host_of(url)
    if not host:
        return "is no address of the form http://host:port/path or https://…: write one, without a user name"
    if any(fnmatchcase(host, pattern.lower()) for pattern in allowed):
        return ""
    known = ", ".join(allowed)
    return (
        f"the operator sends nothing to {host!r}: add it to the chart's value rollouts.allowedHosts, which has {known}"
    )
