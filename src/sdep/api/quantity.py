"""Sums of Kubernetes quantities, for units that share a process and so share what was asked for each.

The grammar is https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([+-]?[0-9.]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?")
_DECIMAL = {"": Decimal(1), "m": Decimal("0.001")} | {
    unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)
}
_BINARY = {f"{unit.upper()}i": Decimal(1024) ** power for power, unit in enumerate("kMGTPE", 1)}


def total(resources: Iterable[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Requests and limits added up by resource. One alone is passed on as it is written; a limit counts only if all have it."""
    given = [dict(each) for each in resources if each]
    if len(given) <= 1:
        return given[0] if given else {}
    out: dict[str, Any] = {}
    for part in ("requests", "limits"):
        parts = [each.get(part) or {} for each in given]
        names = {name for each in parts for name in each}
        if part == "limits":
            names = {name for name in names if all(name in each for each in parts)}
        if names:
            out[part] = {name: added(each[name] for each in parts if name in each) for name in sorted(names)}
    return out


def added(quantities: Iterable[str | int | float]) -> str:
    """The sum in the smallest unit that keeps it whole: `500m` and `1` give `1500m`, `256Mi` and `1Gi` give a number of bytes."""
    whole = sum((parse(str(quantity)) for quantity in quantities), Decimal(0))
    return str(int(whole)) if whole == int(whole) else f"{int(whole * 1000)}m"


def parse(text: str) -> Decimal:
    """Raises ValueError for what is no quantity."""
    match = _QUANTITY.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no quantity: write 500m, 1 or 256Mi")
    number, unit = Decimal(match[1]), match[2] or ""
    if unit[:1] in {"e", "E"} and unit[1:].lstrip("+-").isdecimal():
        return number * Decimal(10) ** int(unit[1:])
    return number * (_BINARY.get(unit) or _DECIMAL[unit])
