"""Whether an object that is there holds all that is desired of it."""

from __future__ import annotations

from collections.abc import Mapping


def covers(live: object, desired: object) -> bool:
    """Whether `live` holds all of `desired`; what the API server filled in beside it does not count."""
    if isinstance(desired, Mapping):
        return isinstance(live, Mapping) and all(
            covers(live.get(key), value) for key, value in desired.items() if value not in ({}, [], None)
        )
    if isinstance(desired, list):
        return (
            isinstance(live, list)
            and len(live) == len(desired)
            and all(covers(here, there) for here, there in zip(live, desired, strict=True))
        )
    return live == desired
