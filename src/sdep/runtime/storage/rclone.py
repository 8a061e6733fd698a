"""Variables of rclone, in which users of Seldon Core v1 keep their stores' credentials: RCLONE_CONFIG_<REMOTE>_<OPTION>."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

S3 = "s3"
GOOGLE = "google cloud storage"
_GOOGLE_NAMES = {GOOGLE, "gcs", "googlecloudstorage"}
_TRUE = {"true", "1", "yes"}


def remote(environment: Mapping[str, str], name: str) -> dict[str, str]:
    """The options of a remote, in small letters; empty where the environment has no such remote."""
    prefix = f"RCLONE_CONFIG_{name}_".upper()
    given = {
        key.upper().removeprefix(prefix).lower(): value
        for key, value in environment.items()
        if key.upper().startswith(prefix)
    }
    if given.get("type", "").lower() in _GOOGLE_NAMES:
        given["type"] = GOOGLE
    return given


def says_yes(value: str | None) -> bool:
    return (value or "").lower() in _TRUE
