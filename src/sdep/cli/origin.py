"""What a model was made of, in a line."""

from __future__ import annotations

from sdep.api.status import Origin

_SHORT_COMMIT = 12
_SHORT_DIGEST = len("sha256:") + 12


def origin_facts(origin: Origin | None) -> list[tuple[str, str]]:
    """What is known, each with its name: all of it, unshortened."""
    if not origin:
        return []
    code = " of ".join(part for part in (origin.commit, origin.repository) if part)
    return [("code", code), ("data", ", ".join(one.label for one in origin.data)), ("image", origin.image)]


def origin_line(origin: Origin | None) -> str:
    """`commit 1a2b3c4d5e6f · data houses@9f86d081 · image sha256:…`; "" where nothing is known."""
    if not origin:
        return ""
    commit = f"commit {origin.commit[:_SHORT_COMMIT]}" if origin.commit else ""
    data = f"data {', '.join(one.label for one in origin.data)}" if origin.data else ""
    image = f"image {_digest(origin.image)}" if origin.image else ""
    return " · ".join(part for part in (commit, data, image) if part)


def _digest(image: str) -> str:
    """An image's digest in short; an image without one as it is called."""
    digest = image.rpartition("@")[2]
    return digest[:_SHORT_DIGEST] if digest.startswith("sha256:") else image
