"""S3 and what speaks like it, with boto3 alone: MLflow's client would cost seconds of imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sdep.runtime.storage import rclone
from sdep.runtime.storage.digest import Digest, of_base64, of_etag
from sdep.runtime.storage.skipping import after
from sdep.runtime.storage.store import ChangedError, ModelNotFoundError, StoredFile, UnreachableError, relative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PIECE = 1024 * 1024
_CONNECTIONS = 16
_TOO_MANY = 429
_FAILED = 500
_PARTIAL = 206
_CHANGED = 412
_KEY_ID, _SECRET_KEY = "awsAccessKeyID", "awsSecretAccessKey"
"""The keys of the secrets that v1 looked for in service accounts; `envSecretRefName` brings one here as it is."""


@dataclass(frozen=True, slots=True)
class S3Store:
    """`client` is boto3's; `prefix` is the folder's key, or the one file's."""

    client: Any
    bucket: str
    prefix: str
    splits: bool = field(default=True, init=False)

    def files(self) -> list[StoredFile]:
        folder = f"{self.prefix.rstrip('/')}/" if self.prefix else ""
        found = [
            _listed(entry, entry["Key"].removeprefix(folder))
            for entry in self._entries(folder)
            if not entry["Key"].endswith("/")
        ]
        return found or self._one_file()

    def digest(self, file: StoredFile) -> Digest | None:
        told = _call(self.client.head_object, Bucket=self.bucket, Key=file.key, ChecksumMode="ENABLED")
        for algorithm in ("SHA256", "SHA1", "CRC32"):
            text = told.get(f"Checksum{algorithm}", "")
            # One of parts has their number behind a dash, and may be given without the word COMPOSITE.
            if text and told.get("ChecksumType") != "COMPOSITE" and "-" not in text:
                return of_base64(algorithm.lower(), text)
        encrypted = told.get("ServerSideEncryption", "AES256") != "AES256" or told.get("SSECustomerAlgorithm")
        return None if encrypted else of_etag(told.get("ETag", ""))

    def read(self, file: StoredFile, start: int, end: int | None) -> Iterator[bytes]:
        asked = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end != file.size else {}
        if file.version:
            asked["IfMatch"] = file.version
        got = _call(self.client.get_object, Bucket=self.bucket, Key=file.key, **asked)
        whole = got["ResponseMetadata"]["HTTPStatusCode"] != _PARTIAL
        return after(start if whole else 0, _stream(got["Body"]))

    def _entries(self, folder: str) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = _call(self.client.list_objects_v2, Bucket=self.bucket, Prefix=folder, **more)
            yield from page.get("Contents", ())
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _one_file(self) -> list[StoredFile]:
        if not self.prefix:
            return []
        page = _call(self.client.list_objects_v2, Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1)
        entries = [entry for entry in page.get("Contents", ()) if entry["Key"] == self.prefix]
        return [_listed(entry, self.prefix.rpartition("/")[2]) for entry in entries]


def s3_store(scheme: str, bucket: str, path: str, environment: Mapping[str, str]) -> S3Store:
    """`scheme` is the name of rclone's remote too, whose variables count where there are some."""
    return S3Store(_client(rclone.remote(environment, scheme), environment), bucket, path.strip("/"))


def _client(remote: Mapping[str, str], environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - boto3 is untyped
    config = import_module("botocore.config").Config
    session = import_module("boto3.session").Session(**_credentials(remote, environment))
    # A public bucket needs no key, and a signature by nobody is refused.
    signature = "s3v4" if session.get_credentials() else import_module("botocore").UNSIGNED
    style = environment.get("MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE", "auto")
    made = config(
        signature_version=signature,
        s3={"addressing_style": "path" if rclone.says_yes(remote.get("force_path_style")) else style},
        max_pool_connections=_CONNECTIONS,
        response_checksum_validation="when_required",
    )
    return session.client("s3", endpoint_url=_endpoint(remote, environment), verify=_verify(environment), config=made)


def _credentials(remote: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str | None]:
    """What rclone's or v1's own variables say; whatever boto3 looks up by itself is left to it."""
    if rclone.says_yes(remote.get("env_auth")):
        remote = {name: value for name, value in remote.items() if not name.endswith(("key", "key_id"))}
    return {
        "aws_access_key_id": remote.get("access_key_id") or environment.get(_KEY_ID),
        "aws_secret_access_key": remote.get("secret_access_key") or environment.get(_SECRET_KEY),
        "aws_session_token": remote.get("session_token") or None,
        "region_name": remote.get("region") or environment.get("AWS_REGION") or None,
    }


def _endpoint(remote: Mapping[str, str], environment: Mapping[str, str]) -> str | None:
    """MLflow's variable, rclone's, or v1's host with a word on TLS beside it; None leaves it to boto3."""
    given = remote.get("endpoint") or environment.get("MLFLOW_S3_ENDPOINT_URL") or environment.get("S3_ENDPOINT")
    if not given or "://" in given:
        return given or None
    secure = environment.get("S3_USE_HTTPS", "1").lower() not in {"0", "false"}
    return f"{'https' if secure else 'http'}://{given}"


def _verify(environment: Mapping[str, str]) -> bool | None:
    """None is boto3's own choice, an authority of AWS_CA_BUNDLE included."""
    ignored = rclone.says_yes(environment.get("MLFLOW_S3_IGNORE_TLS"))
    return False if ignored or environment.get("S3_VERIFY_SSL", "1").lower() in {"0", "false"} else None


def _listed(entry: Mapping[str, Any], path: str) -> StoredFile:
    return StoredFile(relative(path), int(entry["Size"]), str(entry.get("ETag", "")), entry["Key"])


def _stream(body: Any) -> Iterator[bytes]:  # noqa: ANN401 - botocore's StreamingBody
    try:
        yield from body.iter_chunks(PIECE)
    except Exception as error:
        if translated := _translated(error):
            raise translated from error
        raise


def _call(call: Callable[..., Any], **arguments: object) -> Any:  # noqa: ANN401 - boto3 is untyped
    try:
        return call(**arguments)
    except Exception as error:
        if translated := _translated(error):
            raise translated from error
        raise


def _translated(error: Exception) -> Exception | None:
    """Of botocore's many exceptions, those that may pass; None for others, whose meaning is read from their words."""
    exceptions = import_module("botocore.exceptions")
    response: Mapping[str, Any] | None = getattr(error, "response", None)
    if isinstance(error, exceptions.ClientError) and response is not None:
        status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if status == _CHANGED:
            return ChangedError("the object changed while it was read")
        if status >= _FAILED or status == _TOO_MANY:
            return UnreachableError(str(error))
        if response.get("Error", {}).get("Code") in {"NoSuchKey", "NoSuchBucket", "404"}:
            return ModelNotFoundError(str(error))
        return None
    passing = (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.IncompleteReadError, OSError)
    if isinstance(error, passing) or type(error).__module__.startswith("urllib3"):
        return UnreachableError(f"{type(error).__name__}: {error}")
    return None
