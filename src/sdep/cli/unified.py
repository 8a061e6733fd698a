"""Two versions of an object as a unified diff, without what every write changes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sdep.cli.terminal import Terminal, Tone
from sdep.render.manifest import DIGEST_ANNOTATION

Body = Mapping[str, Any]
_SERVER_METADATA = {"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}
_SERVER_ANNOTATIONS = {DIGEST_ANNOTATION, "deployment.kubernetes.io/revision"}


def unified(name: str, before: Body | None, after: Body | None) -> list[str]:
    """The lines of `diff -u` for one object; none where nothing differs that somebody wrote."""
    return list(
        difflib.unified_diff(
            _text(before), _text(after), fromfile=f"live/{name}", tofile=f"planned/{name}", lineterm=""
        )
    )


def coloured(lines: list[str], term: Terminal) -> Iterator[str]:
    for line in lines:
        tone: Tone | None = None
        if line.startswith(("---", "+++")):
            tone = "strong"
        elif line.startswith("@@"):
            tone = "place"
        elif line[:1] in "+-":
            tone = "added" if line[0] == "+" else "removed"
        yield term.paint(line, tone) if tone else line


def _text(body: Body | None) -> list[str]:
    if body is None:
        return []
    kept = {key: value for key, value in body.items() if key != "status"}
    metadata = {key: value for key, value in body["metadata"].items() if key not in _SERVER_METADATA}
    annotations = {
        key: value for key, value in (metadata.get("annotations") or {}).items() if key not in _SERVER_ANNOTATIONS
    }
    metadata.pop("annotations", None)
    kept["metadata"] = {**metadata, "annotations": annotations} if annotations else metadata
    return yaml.safe_dump(kept, allow_unicode=True, width=1000).splitlines()
