"""Single answers of a predictor, told so that those of a shadow can be paired with those of who answered the client.

Pods of all predictors keep the answers to the same requests, without a word to each other: those whose id has a hash below a
threshold. Each lowers its own where it has too many, and what is below the lowest is kept by all.
"""

from __future__ import annotations

from functools import reduce
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "/answers"
"""Where an engine tells them, as JSON; the query parameter `since` is the `until` of an earlier telling."""
EVERY = 1 << 32
"""A threshold above all hashes."""
MOST_ROWS = 8
"""Of one answer so many rows are kept."""
_HASH_DIGITS = 8


class Row(NamedTuple):
    """What was predicted: a label, a number, or of several numbers the greatest, with its place as the label."""

    label: str | None
    number: float | None


class Answer(NamedTuple):
    """`at` is when it was given, in seconds of its node's clock; `code` is HTTP's, or the one that means the same in gRPC."""

    key: str
    at: float
    seconds: float
    code: int
    rows: tuple[Row, ...] = ()

    @property
    def hash(self) -> int:
        """That of the request's id, which the key begins with."""
        return int(self.key[:_HASH_DIGITS], 16)

    @property
    def failed(self) -> bool:
        """Whether the client got no prediction."""
        return self.code >= 400  # noqa: PLR2004 - HTTP's


class Answers(BaseModel):
    """What a pod answered lately, up to `until`: every request whose id has a hash that is less than `below`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    until: float = 0.0
    below: int = EVERY
    answers: tuple[Answer, ...] = ()

    def plus(self, other: Answers) -> Answers:
        return Answers(
            until=max(self.until, other.until),
            below=min(self.below, other.below),
            answers=self.answers + other.answers,
        )

    def between(self, since: float, until: float) -> Answers:
        """Those after `since`; all of them where the node's clock began anew after it."""
        start = since if since <= until else 0.0
        kept = tuple(one for one in self.answers if start < one.at <= until and one.hash < self.below)
        return Answers(until=until, below=self.below, answers=kept)


def together(all_of_them: Iterable[Answers]) -> Answers:
    return reduce(Answers.plus, all_of_them, Answers())


def key_of(request_id: bytes) -> str:
    """Names a request and does not give its id away: the hash that decides who keeps it, and as many digits of another."""
    return f"{crc32(request_id):08x}{blake2b(request_id, digest_size=4).hexdigest()}"
