"""What a store of models can do: list its files and read a piece of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdep.runtime.storage.digest import Digest


class ModelNotFoundError(Exception):
    """The URI names nothing."""


class AccessDeniedError(Exception):
    """The store refuses the credentials, or wants some."""


class UnreachableError(Exception):
    """The store did not answer, or not to the end: the same question may be answered a moment later."""


class ChangedError(UnreachableError):
    """A file is another than the one that was listed: only a new listing helps."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`path` is relative to the model's folder. `version` is another whenever the content is; "" where the store has no such word."""

    path: str
    size: int | None = None
    version: str = ""
    key: str = ""
    """The store's own name of it."""


class Store(Protocol):
    """One model's folder (or its one file), at one place. Every method may raise the errors of this module."""

    @property
    def splits(self) -> bool:
        """Whether pieces of one file can be asked for side by side without the store reading the whole file for each."""

    def files(self) -> list[StoredFile]: ...

    def digest(self, file: StoredFile) -> Digest | None:
        """What the store itself says of the content, if anything."""

    def read(self, file: StoredFile, start: int, end: int | None) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in pieces; a stream that ends early raises, or is merely short."""


def relative(path: str) -> str:
    """A path below the model's folder; a name that would lead out of it is refused."""
    parts = path.split("/")
    if (
        not path
        or path.startswith("/")
        or "\\" in path
        or "\0" in path
        or any(part in {"", ".", ".."} for part in parts)
    ):
        raise ValueError(f"the store has a file with the name '{path}', which can not be a file of a model")
    return path
