"""One payload as a CloudEvent 1.0 in binary mode: v1's headers, and its body as a SeldonMessage in JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sdep.runtime.seldon.codec import encode

if TYPE_CHECKING:
    from sdep.contract import ServedPredictor
    from sdep.runtime.message import Message

REQUEST = "io.seldon.serving.inference.request"
RESPONSE = "io.seldon.serving.inference.response"
FEEDBACK = "io.seldon.serving.feedback"

_ESCAPED = re.compile(rb"[^!#$&-~]")
"""What a CloudEvents header writes as %XX: spaces, quotes, the percent sign, and all that is not ASCII."""


class PayloadEvent(NamedTuple):
    """`id` is the same at every try, so that a receiver knows a repetition; `request` joins a request with its response."""

    id: str
    type: str
    unit: str
    request: str
    seconds: float
    """Since the epoch."""
    content: Message | bytes
    traceparent: str = ""

    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else encode(self.content)


def common_headers(predictor: ServedPredictor) -> dict[str, str]:
    """What all events of a predictor have."""
    path = (
        f"/apis/machinelearning.seldon.io/v1/namespaces/{predictor.namespace}/seldondeployments/{predictor.deployment}"
    )
    return {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-source": path,
        "ce-inferenceservicename": predictor.deployment,
        "ce-namespace": predictor.namespace,
        "ce-endpoint": predictor.predictor,
        "ce-protocol": "seldon",
    }


def headers(event: PayloadEvent) -> dict[str, str]:
    """What an event has beside the common ones."""
    moment = datetime.fromtimestamp(event.seconds, UTC).isoformat(timespec="microseconds")
    own = {
        "ce-id": event.id,
        "ce-type": event.type,
        "ce-time": moment.replace("+00:00", "Z"),
        "ce-requestid": _escaped(event.request),
        "ce-modelid": event.unit,
    }
    traced = {"traceparent": event.traceparent, "ce-traceparent": event.traceparent} if event.traceparent else {}
    return {**own, **traced}


def _escaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: b"%%%02X" % found[0][0], value.encode()).decode()
