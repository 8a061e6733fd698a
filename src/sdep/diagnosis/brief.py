"""A trouble's message without the names that stand beside it already."""

from __future__ import annotations

import re

_WHERE = re.compile(r"(container \S+ of pod \S+( ended)?|pod \S+ (?=finds no node)):? ?")


def brief(message: str) -> str:
    """`container c of pod p: Back-off …` becomes `Back-off …`; for where the container or the pod is named anyway."""
    return _WHERE.sub("", message, count=1)
