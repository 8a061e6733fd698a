"""Whether a client wants JSON or a picture, by its `Accept`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.explain.errors import NotAcceptableError
from sdep.runtime.explain.picture import SVG

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request

_JSON = frozenset({"application/json", "application/*", "*/*"})
_PICTURES = frozenset({SVG, "image/*"})


def picture_wanted(request: Request) -> bool:
    """By the first kind that is made here; `NotAcceptableError` where pictures of other kinds alone are asked for."""
    accepted = request.fields.get(b"accept", b"").decode("latin-1")
    kinds = [each.partition(";")[0].strip().lower() for each in accepted.split(",") if each.strip()]
    for kind in kinds:
        if kind in _JSON:
            return False
        if kind in _PICTURES:
            return True
    if any(kind.startswith("image/") for kind in kinds):
        raise NotAcceptableError(
            f"a picture of an explanation is made as {SVG} alone, and {accepted} asks for another kind"
        )
    return False
