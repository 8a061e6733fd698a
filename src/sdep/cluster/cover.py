"""Whether an object that is there holds all that is desired of it."""

from __future__ import annotations

_ABSENT: tuple[object, ...] = ({}, [], None)


def covers(live: object, desired: object) -> bool:
    """Whether `live` holds all of `desired`; what the API server filled in beside it does not count.

    Both are JSON as the API server sends it. This is the innermost loop of a reconcile: plain loops over plain dicts.
    """
    if isinstance(desired, dict):
        if not isinstance(live, dict):
            return False
        for key, value in desired.items():  # noqa: SIM110 - a generator costs half as much again
            if value not in _ABSENT and not covers(live.get(key), value):
                return False
        return True
    if isinstance(desired, list):
        if not isinstance(live, list) or len(live) != len(desired):
            return False
        return all(covers(here, there) for here, there in zip(live, desired, strict=True))
    return live == desired
