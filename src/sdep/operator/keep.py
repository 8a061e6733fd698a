"""What is remembered of an object: all of it that is read later, and no text twice."""

from __future__ import annotations

import sys
from typing import Any

from sdep.cluster.adopt import made_by_v1

Body = dict[str, Any]

_SHORT = 80
"""Longer texts are each the only one of their kind."""


def kept(body: Body) -> Body:
    """A copy in which equal short texts are one object, without who wrote which field, where nobody asks that any more.

    With the same names, labels, images and keys in every child, that is a quarter of the memory that the API server's answer takes.
    """
    return _copy(body if made_by_v1(body) else {**body, "metadata": _without(body["metadata"], "managedFields")})


def kept_owner(body: Body) -> Body:
    """The same of a SeldonDeployment, whose fields' writers nobody asks for."""
    return _copy({**body, "metadata": _without(body["metadata"], "managedFields")})


def kept_pod(body: Body) -> Body:
    """The same of a pod, of which only who it belongs to and how it fares is read."""
    return _copy({**_without(body, "spec"), "metadata": _without(body["metadata"], "managedFields")})


def _copy(body: Body) -> Body:
    return {sys.intern(key): _shared(part) for key, part in body.items()}


def _without(part: Body, name: str) -> Body:
    return {key: value for key, value in part.items() if key != name}


def _shared(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return _copy(value)
    if isinstance(value, list):
        return [_shared(part) for part in value]
    return sys.intern(value) if isinstance(value, str) and len(value) < _SHORT else value
