"""Which store a URI means."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sdep.runtime.storage import rclone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.runtime.storage.store import Store

_OF_SCHEME = {"s3": rclone.S3, "s3a": rclone.S3, "gs": rclone.GOOGLE, "gcs": rclone.GOOGLE}


def choose_store(uri: str, environment: Mapping[str, str]) -> Store | None:
    """None for what only MLflow's own client can read. Each store's module is imported when it is the one."""
    parts = urlsplit(uri)
    kind = rclone.remote(environment, parts.scheme).get("type", "").lower() or _OF_SCHEME.get(parts.scheme, "")
    if kind == rclone.S3:
        from sdep.runtime.storage.s3 import s3_store  # noqa: PLC0415

        return s3_store(parts.scheme, parts.netloc, _key(uri), environment)
    if kind == rclone.GOOGLE:
        from sdep.runtime.storage.google import google_store  # noqa: PLC0415

        return google_store(parts.scheme, parts.netloc, _key(uri), environment)
    if parts.scheme in {"mlflow-artifacts", "http", "https"}:
        return _over_http(uri, environment)
    return None


def _over_http(uri: str, environment: Mapping[str, str]) -> Store | None:
    from sdep.runtime.storage import address, tracking  # noqa: PLC0415

    parts = urlsplit(uri)
    if parts.scheme == "mlflow-artifacts" or tracking.serves_artifacts(parts):
        return tracking.tracking_store(parts, environment)
    return address.web_store(uri, environment)


def _key(uri: str) -> str:
    """All that stands behind the bucket: to an object store `?` and `#` are letters like any other, and MLflow writes keys as they are."""
    return uri.partition("://")[2].partition("/")[2]
