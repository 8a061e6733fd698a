"""A feedback as a class hears it. v1 reads each one as gRPC's message, whatever carried it: numbers are doubles here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sdep.runtime.classes.question import features
from sdep.runtime.message import Message, Payload
from sdep.runtime.rpc.convert import meta_of, payload_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.runtime.rpc import seldon_pb2 as pb

NOTHING = Payload(np.array([]), "tensor")


class Feedback(NamedTuple):
    """`truth` and the request's payload are arrays; empty ones where there is no `data`."""

    request: Message
    reward: float
    truth: object
    routing: Mapping[str, int]


def read_feedback(feedback: pb.Feedback) -> Feedback:
    request = Message(_array(feedback.request), meta_of(feedback.request.meta))
    truth = features(_array(feedback.truth))
    return Feedback(request, feedback.reward, truth, dict(feedback.response.meta.routing))


def _array(message: pb.SeldonMessage) -> Payload:
    if message.WhichOneof("data_oneof") != "data" or message.data.WhichOneof("data_oneof") is None:
        return NOTHING
    return payload_of(message)
