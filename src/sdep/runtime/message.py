"""What flows through a graph, whatever the protocol outside: a payload, and what is said about it on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal[
    "ndarray", "tensor", "tftensor", "columns", "jsonData", "strData", "binData",
    "message", "proto", "inference", "invocation",
]  # fmt: skip
"""How the client wrote its payload, and so how it reads the answer."""

UNREAD = frozenset({"message", "proto", "inference"})
"""Kinds of payloads that nobody has decoded: containers get them as they came, whatever is in them."""

NUMERIC = frozenset("iuf")
"""`numpy.dtype.kind` of integers and floats; a boolean is no number here, as in v1."""


class Payload(NamedTuple):
    """`value` is a `numpy.ndarray` for the kinds `ndarray`, `tensor` and `tftensor`, else `str`, `bytes` or decoded JSON.

    For `columns` it maps names to arrays: columns have one axis, or a second of length 1; other shapes are a model's own.
    Unread, it is a whole message: for `message` its JSON without `meta`, for `proto` what gRPC received, for `inference` tensors.
    Asked over MLflow's scoring protocol (`invocation`), it reads itself: it is what the client sent, or a model's result.
    `params` are a client's settings for this one prediction, which every model of the graph is told.
    """

    value: Any
    kind: Kind
    names: tuple[str, ...] = ()
    params: Mapping[str, Any] = {}

    def answered(self, value: object, names: tuple[str, ...] = ()) -> Payload:
        """Make the payload of an answer to this one: arrays keep the kind of the question where it can hold them."""
        if isinstance(value, np.ndarray):
            return Payload(value, _array_kind(self.kind, value), names or _column_names(value), self.params)
        if isinstance(value, str):
            return Payload(value, "strData", params=self.params)
        if isinstance(value, (bytes, bytearray)):
            return Payload(bytes(value), "binData", params=self.params)
        return Payload(value, "jsonData", params=self.params)


def in_rows(payload: Payload) -> Payload:
    """Make one array of named columns, for whoever takes rows; any other payload, and columns that fit no table, stay as they are.

    Numbers of several types become those that hold them all, text among numbers leaves each value its own type.
    """
    if payload.kind != "columns":
        return payload
    columns = [column.reshape(-1) for column in payload.value.values() if column.ndim and column.size == len(column)]
    if not columns or len(columns) < len(payload.value) or len({len(column) for column in columns}) > 1:
        return payload
    rows = np.column_stack(columns if _one_type(columns) else [column.astype(object) for column in columns])
    return Payload(rows, "tensor" if rows.dtype.kind in NUMERIC else "ndarray", payload.names, payload.params)


def _one_type(columns: Sequence[np.ndarray[Any, Any]]) -> bool:
    kinds = {column.dtype.kind for column in columns}
    return len(kinds) == 1 or kinds <= NUMERIC


def _array_kind(asked: Kind, value: np.ndarray[Any, Any]) -> Kind:
    if asked == "ndarray" or value.dtype.kind not in NUMERIC:
        return "ndarray"
    return "tftensor" if asked == "tftensor" else "tensor"


def _column_names(value: np.ndarray[Any, Any]) -> tuple[str, ...]:
    if value.ndim < 2:  # noqa: PLR2004 - one axis means rows only, so there are no columns to name
        return ()
    return tuple(f"t:{index}" for index in range(value.shape[1]))


class Meta(NamedTuple):
    """v1's `meta`. The mappings are never changed in place: each step makes its own."""

    puid: str = ""
    tags: Mapping[str, Any] = {}
    routing: Mapping[str, int] = {}
    request_path: Mapping[str, str] = {}
    metrics: tuple[Mapping[str, Any], ...] = ()

    def visited(self, unit: str, identity: str) -> Meta:
        """Add the unit to the path, where a name that is there stays: clients may chain two graphs."""
        return self._replace(request_path={unit: identity, **self.request_path})

    def routed(self, unit: str, branch: int) -> Meta:
        return self._replace(routing={**self.routing, unit: branch})


class Message(NamedTuple):
    payload: Payload
    meta: Meta


def extended(sent: Meta, said: Meta) -> Meta:
    """What is known after a container answered `said` to a message with `sent`, whose metrics it was not told."""
    return merged([sent, said])._replace(puid=sent.puid or said.puid)


def merged(metas: Sequence[Meta]) -> Meta:
    """Say what a combiner says of its children: the first one's puid, everyone's path, later tags over earlier ones."""
    first, *others = metas
    for other in others:
        first = Meta(
            first.puid,
            {**first.tags, **other.tags},
            {**first.routing, **other.routing},
            {**first.request_path, **other.request_path},
            first.metrics + other.metrics,
        )
    return first
