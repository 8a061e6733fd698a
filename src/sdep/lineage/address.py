"""What OpenLineage calls a model: a namespace and a name, as its naming conventions build them from a URI."""

from __future__ import annotations

from urllib.parse import urlsplit

from sdep.lineage.statement import Served


def dataset(model: Served, registry: str) -> tuple[str, str]:
    """Namespace and name. `registry` is the tracking server's URL: a registered model is `price/3` in `mlflow://host:port`."""
    if model.version or model.uri.startswith(("models:/", "runs:/")):
        server = urlsplit(registry).netloc.rpartition("@")[2] or "registry"
        return f"mlflow://{server}", model.label.partition(":/")[2] if not model.version else model.label
    parts = urlsplit(model.artifact_uri)
    host = parts.netloc.rpartition("@")[2]
    return (f"{parts.scheme}://{host}" if host else parts.scheme or "file"), parts.path.strip("/") or "/"
