"""What the Open Inference Protocol carries: tensors with names, whatever wrote them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sdep.runtime.message import Payload
from sdep.runtime.openinference.payload import payload_of

Array = np.ndarray[Any, Any]


class Tensor(NamedTuple):
    """`array` holds text or bytes as objects; `parameters` are the client's own, without those of the transport."""

    name: str
    array: Array
    parameters: Mapping[str, Any] = {}

    @property
    def content_type(self) -> str:
        return str(self.parameters.get("content_type") or "")


class Inference(NamedTuple):
    """A request or an answer. It is also the value of a payload of the kind `inference`, which nobody has interpreted."""

    tensors: tuple[Tensor, ...]
    parameters: Mapping[str, Any] = {}
    id: str = ""

    def payload(self) -> Payload:
        arrays = {tensor.name: tensor.array for tensor in self.tensors}
        payload = payload_of(arrays, str(self.parameters.get("content_type") or ""))
        return payload._replace(params=self.parameters) if self.parameters else payload


class Wanted(NamedTuple):
    """The outputs that a client named, none for all, and which are to come as binary data."""

    names: Sequence[str] = ()
    binary: Mapping[str, bool] = {}
    binary_else: bool = False

    def is_binary(self, name: str) -> bool:
        return self.binary.get(name, self.binary_else)
