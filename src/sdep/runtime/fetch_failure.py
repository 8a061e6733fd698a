"""Why a download failed, in one word for the operator and one sentence for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sdep.contract import FetchFailure
from sdep.runtime.storage.store import AccessDeniedError, ModelNotFoundError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Reason = Literal["ModelNotFound", "AccessDenied", "StorageUnreachable", "DownloadFailed"]

# Storage clients share no exception classes, and MLflow puts several errors into one text: the words are what is stable.
_WORDS: Mapping[Reason, tuple[str, ...]] = {
    "AccessDenied": (
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "NoCredentials",
        "PartialCredentials",
        "DefaultCredentials",
        "ExpiredToken",
        "InvalidToken",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "Unauthorized",
        "Forbidden",
        "Access Denied",
    ),
    "ModelNotFound": (
        "NoSuchKey",
        "NoSuchBucket",
        "RESOURCE_DOES_NOT_EXIST",
        "Not Found",
        "No such file",
        "No such artifact",
    ),
    "StorageUnreachable": (
        "EndpointConnectionError",
        "Could not connect",
        "timed out",
        "Timeout",
        "ConnectionError",
        "Connection refused",
        "Connection reset",
        "ConnectionClosed",
        "NameResolution",
        "Name or service not known",
        "Max retries",
        "Bad Gateway",
        "Service Unavailable",
        "ServiceUnavailable",
        "SlowDown",
    ),
}
"""Earlier entries win: a refusal may arrive inside of a connection's error, never the other way."""


def explain(uri: str, error: Exception) -> FetchFailure:
    reason = _reason(error)
    return FetchFailure(reason=reason, message=f"{_ADVICE[reason].format(uri=uri)} ({_first_line(error)})")


def _reason(error: Exception) -> Reason:
    if isinstance(error, ModelNotFoundError):
        return "ModelNotFound"
    if isinstance(error, (PermissionError, AccessDeniedError)):
        return "AccessDenied"
    if isinstance(error, UnreachableError):
        return "StorageUnreachable"
    said = " ".join(_texts(error))
    found = (reason for reason, words in _WORDS.items() if any(word in said for word in words))
    return next(found, "DownloadFailed")


def _texts(error: BaseException | None) -> Iterator[str]:
    """Names and messages along the chain of causes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield f"{type(error).__name__} {error}"
        error = error.__cause__ or error.__context__


_ADVICE = {
    "AccessDenied": (
        "{uri}: access denied. Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and MLFLOW_S3_ENDPOINT_URL "
        "(or MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN) "
        "in the secret that envSecretRefName names; secrets that a service account lists are not looked for"
    ),
    "ModelNotFound": "{uri}: there is no model. Check the URI, and that the artifacts were not deleted",
    "StorageUnreachable": (
        "{uri}: the storage does not answer. Check MLFLOW_S3_ENDPOINT_URL or MLFLOW_TRACKING_URI "
        "in the secret that envSecretRefName names, and that the pod may reach it"
    ),
    "DownloadFailed": "{uri}: the download failed",
}


def _first_line(error: Exception) -> str:
    """The last line of MLflow's list of failures is the failure itself."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("#")]
    return (lines[-1] if lines else type(error).__name__)[:400]
