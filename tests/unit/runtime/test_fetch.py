"""The init container: what it leaves behind, and what it says when it fails."""

from __future__ import annotations

import http.server
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sdep.contract import FetchFailure
from sdep.runtime.download import Download
from sdep.runtime.fetch import INCOMING, fetch, main
from sdep.runtime.fetch_failure import explain
from sdep.runtime.storage.note import NOTE
from tests.unit.runtime.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source" / "sub").mkdir(parents=True)
    (tmp_path / "source" / "MLmodel").write_text("flavors: {}")
    (tmp_path / "source" / "sub" / "data").write_text("1")
    return tmp_path / "source"


def _files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_files_arrive(source: Path, tmp_path: Path) -> None:
    """The folder's files are in the mounted directory itself, and nothing half done is left beside them."""
    target = tmp_path / "target"

    assert fetch(source.as_uri(), target) is None
    assert _files(target) == {"MLmodel", "sub/data"}
    assert not (target / INCOMING).exists()


def test_a_second_run_ends_the_same(source: Path, tmp_path: Path) -> None:
    """A restarted container replaces what an earlier one left, finished or not."""
    target = tmp_path / "target"
    (target / INCOMING).mkdir(parents=True)
    (target / INCOMING / "half").write_text("")
    (target / "stale").write_text("")

    assert [fetch(str(source), target) for _ in range(2)] == [None, None]
    assert _files(target) == {"MLmodel", "sub/data"}


def test_half_a_download_is_not_served(source: Path, tmp_path: Path) -> None:
    """Files of a download that breaks never reach the place that the server reads."""
    target = tmp_path / "target"

    def retrieve(_: str, incoming: Path, __: Path) -> Download:
        (incoming / "MLmodel").write_text("half")
        raise RuntimeError("cut off")

    failure = fetch(str(source), target, retrieve)

    assert failure is not None
    assert failure.reason == "DownloadFailed"
    assert list(target.iterdir()) == []


def test_an_empty_download_is_no_model(tmp_path: Path) -> None:
    """Object stores answer a missing prefix with nothing, and nothing is not a model."""
    failure = fetch("s3://models/gone", tmp_path, lambda _, incoming, __: Download(incoming))

    assert failure is not None
    assert failure.reason == "ModelNotFound"
    assert "s3://models/gone" in failure.message


def test_the_operator_can_read_the_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed program exits 1 and leaves a FetchFailure as its termination message."""
    monkeypatch.setenv("SDEP_TERMINATION_LOG", str(tmp_path / "log"))

    assert main("file:///nowhere", tmp_path / "target") == 1
    assert FetchFailure.model_validate_json((tmp_path / "log").read_text()).reason == "ModelNotFound"


def test_unreachable_storage_gets_three_tries(tmp_path: Path) -> None:
    """Only storage that does not answer is asked again, with growing pauses."""
    pauses: list[float] = []

    def retrieve(_: str, __: Path, ___: Path) -> Download:
        raise ConnectionError("Connection refused")

    failure = fetch("s3://b/p", tmp_path, retrieve, pauses.append)

    assert failure is not None
    assert (failure.reason, pauses) == ("StorageUnreachable", [1.0, 3.0])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("An error occurred (403) when calling the HeadObject operation: Forbidden", "AccessDenied"),
        ("An error occurred (InvalidAccessKeyId) when calling ListObjectsV2", "AccessDenied"),
        ("Unable to locate credentials: NoCredentialsError", "AccessDenied"),
        ("An error occurred (NoSuchBucket) when calling ListObjectsV2", "ModelNotFound"),
        ("404 Client Error: Not Found for url", "ModelNotFound"),
        ('Could not connect to the endpoint URL: "http://minio:9000/b"', "StorageUnreachable"),
        ("HTTPConnectionPool(host='x', port=1): Max retries exceeded", "StorageUnreachable"),
        ("disk full", "DownloadFailed"),
    ],
)
def test_reasons(text: str, reason: str) -> None:
    """Each storage's own words become one of four reasons, with the URI in the message."""
    failure = explain("s3://b/p", RuntimeError(text))

    assert failure.reason == reason
    assert failure.message.startswith("s3://b/p: ")


class _S3(http.server.BaseHTTPRequestHandler):
    """As much of S3 as a listing and a download: bucket `models`, one object; bucket `shut` refuses."""

    def do_GET(self) -> None:
        bucket, _, key = self.path.lstrip("/").partition("?")[0].partition("/")
        if bucket == "shut":
            self._answer(403, b"<Error><Code>InvalidAccessKeyId</Code><Message>no</Message></Error>")
        elif key:
            self.do_HEAD()
        else:
            found = (
                b"<Contents><Key>m/MLmodel</Key><Size>11</Size></Contents>"
                if b"prefix=m%2F" in self.path.encode()
                else b""
            )
            self._answer(200, b"<ListBucketResult>" + found + b"</ListBucketResult>")

    def do_HEAD(self) -> None:
        found = self.path.startswith("/models/m/MLmodel")
        self._answer(200 if found else 404, b"flavors: {}" if found else b"<Error><Code>NoSuchKey</Code></Error>")

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with listening(_S3) as port:
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "minio")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "minio123")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.mark.usefixtures("s3")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("uri", "reason"), [("s3://models/m", None), ("s3://models/no", "ModelNotFound"), ("s3://shut/m", "AccessDenied")]
)
def test_s3(tmp_path: Path, uri: str, reason: str | None) -> None:
    """MLflow's own S3 client: files arrive, a missing prefix and a wrong key are told apart."""
    failure = fetch(uri, tmp_path / "target")

    assert (failure.reason if failure else None) == reason
    if failure is None:
        assert _files(tmp_path / "target") == {"MLmodel", NOTE}
    else:
        assert uri in json.loads(failure.model_dump_json())["message"]
