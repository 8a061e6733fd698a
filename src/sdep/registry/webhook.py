"""What MLflow tells of itself: a signed delivery, told true from false, and the model that it is about. Pure: the time is an argument.

MLflow signs as Standard Webhooks do (https://www.standardwebhooks.com), with header names of its own: HMAC-SHA256 over
`<delivery id>.<timestamp>.<body>`, written as `v1,<base64>`. A delivery that is tried again keeps its id and its timestamp.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SIGNATURE = "X-MLflow-Signature"
DELIVERY_ID = "X-MLflow-Delivery-Id"
TIMESTAMP = "X-MLflow-Timestamp"
FRESH_SECONDS = 300
"""How far a timestamp may be from our clock, both ways: MLflow's tries of one delivery can take some minutes."""
OWN_TAG = "sdep.served-by/"
"""How tags begin that the operator itself sets on versions: news of them tells it nothing."""
_ABOUT_MODELS = ("registered_model", "model_version", "model_version_tag", "model_version_alias")


@dataclass(frozen=True)
class Delivery:
    """One request of MLflow's. `body` is what was signed, byte for byte."""

    id: str
    timestamp: str
    signature: str
    body: bytes


def delivery(headers: Mapping[str, str], body: bytes) -> Delivery:
    """A header that is missing is ""; `refusal` says so."""
    return Delivery(headers.get(DELIVERY_ID, ""), headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, ""), body)


def signature(secret: bytes, delivery_id: str, timestamp: str, body: bytes) -> str:
    signed = hmac.new(secret, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def refusal(given: Delivery, secrets: Iterable[bytes], now: float) -> str:
    """Why it is not believed, or "" where it is. `now` is Unix time. Takes the same time whatever the signature is."""
    if not (given.id and given.timestamp and given.signature):
        return f"{SIGNATURE}, {DELIVERY_ID} and {TIMESTAMP} must be there: give the webhook a secret"
    expected = [signature(secret, given.id, given.timestamp, given.body).encode() for secret in secrets]
    if sum(hmac.compare_digest(each, given.signature.encode()) for each in expected) == 0:
        return "the signature is none of a secret that is known here"
    if not given.timestamp.isdecimal() or abs(int(given.timestamp) - now) > FRESH_SECONDS:
        return f"the timestamp is more than {FRESH_SECONDS} seconds from this clock"
    return ""


def model_told_of(body: bytes) -> str:
    """The registered model whose versions or aliases may mean something else now, or "" where the news is of something else.

    Raises ValueError where it is no event of MLflow's.
    """
    event = json.loads(body)
    try:
        entity, data = event["entity"], event["data"]
        if entity not in _ABOUT_MODELS or str(data.get("key", "")).startswith(OWN_TAG):
            return ""
        return str(data["name"])
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no event of MLflow's: {type(error).__name__}: {error}") from error
