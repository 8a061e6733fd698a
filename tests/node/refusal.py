"""What the API server, with all that it asks, would not take."""

from __future__ import annotations

import json
from typing import Any

from demo.kubectl import CommandError, Target


def refusal(target: Target, body: dict[str, Any], *flags: str) -> str:
    """What kubectl says of an object that would not be stored, or "" where it would be."""
    try:
        target.kubectl("apply", "--dry-run=server", *flags, "-f", "-", stdin=json.dumps(body))
    except CommandError as error:
        return str(error)
    return ""
