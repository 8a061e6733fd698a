"""Named tensors can be kept for the payload log, whatever becomes of them afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.tensor import Inference, Tensor
from sdep.runtime.payloads.frozen import frozen
from sdep.runtime.seldon.codec import encoded_payload


@pytest.mark.parametrize("kind", ["columns", "inference"])
def test_named_tensors_are_copied(kind: str) -> None:
    """A unit that changes an array in place changes nothing of what is logged."""
    arrays = {"a": np.array([1.0]), "b": np.array([[2.0]])}
    value = arrays if kind == "columns" else Inference(tuple(Tensor(name, array) for name, array in arrays.items()))
    kept, size = frozen(Message(Payload(value, kind), Meta()))
    arrays["a"][0] = 9

    assert encoded_payload(kept.payload)["data"]["tensor"]["values"].tolist() == [1, 2]
    assert size >= 16
