"""One desired object, and how it is told apart from others and from what is there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

DIGEST_ANNOTATION = "sdep.io/digest"
"""What was rendered last, so that a field that is no longer wanted is noticed as well as one that changed."""


class Key(NamedTuple):
    """Names one object in a cluster. `api` is `group/version`, or the version alone in the core group."""

    api: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Manifest:
    """An object as the API server shall hold it."""

    body: dict[str, Any]

    @property
    def key(self) -> Key:
        return key_of(self.body)


def key_of(body: dict[str, Any]) -> Key:
    metadata = body["metadata"]
    return Key(body["apiVersion"], body["kind"], metadata.get("namespace", ""), metadata["name"])


def digest(body: dict[str, Any]) -> str:
    """A short fingerprint of an object's content; equal content has an equal fingerprint."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
