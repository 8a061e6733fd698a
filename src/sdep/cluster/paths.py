"""Where the API server keeps objects. Every kind that is spoken to has a regular plural."""

from __future__ import annotations

from sdep.render.manifest import Key


def plural(kind: str) -> str:
    return f"{kind.lower()}s"


def collection(api: str, kind: str, namespace: str | None) -> str:
    """All objects of a kind: of one namespace, or where that is "" or None of all, or of a kind that has no namespaces."""
    prefix = f"/apis/{api}" if "/" in api else f"/api/{api}"
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"{prefix}{scope}/{plural(kind)}"


def path(key: Key) -> str:
    return f"{collection(key.api, key.kind, key.namespace)}/{key.name}"
