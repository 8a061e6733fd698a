"""Models from a real S3 server, over a proxy that does what networks do: whole and right, or not at all."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from sdep.contract import ENV_CACHE
from sdep.runtime.fetch import INCOMING, fetch
from sdep.runtime.storage.note import NOTE
from sdep.runtime.storage.transfer import PIECE
from tests.unit.runtime.faulty_proxy import Faults, faulty_proxy
from tests.unit.runtime.object_store import CREDENTIALS, client, object_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")

URI = "s3://models/run/model"
LARGE = random.Random(1).randbytes(PIECE + 3 * 1024 * 1024)  # noqa: S311 - no secret
FILES = {"MLmodel": b"flavors: {}", "data/model.pkl": LARGE, "data/empty": b""}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A bucket with one model, and one uploaded in parts."""
    with object_store() as address:
        s3 = client(address)
        s3.create_bucket(Bucket="models")
        for path, content in FILES.items():
            s3.put_object(Bucket="models", Key=f"run/model/{path}", Body=content)
        _upload_in_parts(s3, "parts/model.bin", LARGE, 8 * 1024 * 1024)
        yield address


def _upload_in_parts(s3: object, key: str, content: bytes, size: int) -> None:
    upload = s3.create_multipart_upload(Bucket="models", Key=key)["UploadId"]  # type: ignore[attr-defined]
    parts = []
    for number, start in enumerate(range(0, len(content), size), 1):
        told = s3.upload_part(  # type: ignore[attr-defined]
            Bucket="models", Key=key, UploadId=upload, PartNumber=number, Body=content[start : start + size]
        )
        parts.append({"PartNumber": number, "ETag": told["ETag"]})
    s3.complete_multipart_upload(  # type: ignore[attr-defined]
        Bucket="models", Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
    )


@pytest.fixture
def faults(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """What the network does between us and the server; the environment leads there."""
    with faulty_proxy(server) as (address, faults):
        for name, value in {**CREDENTIALS, "MLFLOW_S3_ENDPOINT_URL": address, "NO_PROXY": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        yield faults


def _content(directory: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    found.pop(NOTE, None)
    return found


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdep.runtime.storage.transfer.FIRST_PAUSE", 0.01)


def test_a_model_arrives_whole(faults: Faults, tmp_path: Path) -> None:
    """Every file with its content, the large one by ranges, nothing half done beside them."""
    assert fetch(URI, tmp_path) is None

    assert _content(tmp_path) == FILES
    assert not (tmp_path / INCOMING).exists()
    assert faults.sent("model.pkl") == 2


def test_a_secret_that_v1_found_in_a_service_account_is_understood(
    faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its keys become variables where `envSecretRefName` names it. Without that it is said where credentials belong."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    refused = fetch(URI, tmp_path)
    monkeypatch.setenv("awsAccessKeyID", CREDENTIALS["AWS_ACCESS_KEY_ID"])
    monkeypatch.setenv("awsSecretAccessKey", CREDENTIALS["AWS_SECRET_ACCESS_KEY"])

    assert refused is not None
    assert (refused.reason, "a service account lists are not looked for" in refused.message) == ("AccessDenied", True)
    assert fetch(URI, tmp_path) is None
    assert faults.sent("model.pkl")


def test_a_second_start_downloads_nothing(faults: Faults, tmp_path: Path) -> None:
    """A container that starts again asks for the listing alone."""
    assert fetch(URI, tmp_path) is None
    before = faults.sent("model.pkl")

    assert fetch(URI, tmp_path) is None
    assert faults.sent("model.pkl") == before


def test_a_model_that_changed_is_fetched_again(server: str, faults: Faults, tmp_path: Path) -> None:
    """What stands at the address now replaces what stood there, file by file."""
    s3 = client(server)
    s3.put_object(Bucket="models", Key="moving/MLmodel", Body=b"one")
    s3.put_object(Bucket="models", Key="moving/old", Body=b"one")
    assert fetch("s3://models/moving", tmp_path) is None
    s3.put_object(Bucket="models", Key="moving/MLmodel", Body=b"two")
    s3.delete_object(Bucket="models", Key="moving/old")

    assert fetch("s3://models/moving", tmp_path) is None
    assert _content(tmp_path) == {"MLmodel": b"two"}
    assert faults.sent("moving/MLmodel") == 2


def test_an_unreachable_store_takes_nothing_from_what_is_there(
    faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod that starts again while the store is away serves the model that it has."""
    assert fetch(URI, tmp_path) is None
    assert faults.sent("model.pkl") == 2
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:9")

    assert fetch(URI, tmp_path, sleep=lambda _: None) is None
    assert _content(tmp_path) == FILES


def test_a_broken_connection_is_continued(faults: Faults, tmp_path: Path) -> None:
    """A stream that is cut goes on at the byte where it was cut, and is not begun anew."""
    faults.to, faults.cut = "model.pkl", [1_000_000, 2_000_000, 300_000]

    assert fetch(URI, tmp_path) is None
    assert _content(tmp_path) == FILES
    ranges = {asked for _, path, asked in faults.asked if path.endswith("model.pkl") and asked}
    assert len(ranges) == 5
    assert not all(asked.startswith(("bytes=0-", f"bytes={PIECE}-")) for asked in ranges)


def test_a_server_without_ranges_is_read_from_the_start(faults: Faults, tmp_path: Path) -> None:
    """Where a range is answered with everything, the bytes that are there already are passed over."""
    faults.no_ranges, faults.to, faults.cut = True, "model.pkl", [1_000_000]

    assert fetch(URI, tmp_path) is None
    assert _content(tmp_path) == FILES


def test_a_storm_of_errors_passes(faults: Faults, tmp_path: Path) -> None:
    """HTTP 503 again and again is waited for."""
    faults.to, faults.errors = "model.pkl", 9

    assert fetch(URI, tmp_path, sleep=lambda _: None) is None
    assert _content(tmp_path) == FILES


def test_a_storm_that_does_not_pass_is_unreachable_storage(faults: Faults, tmp_path: Path) -> None:
    """Nothing is served, and the reason says whose fault it is."""
    faults.errors = 100_000

    failure = fetch(URI, tmp_path, sleep=lambda _: None)

    assert failure is not None
    assert failure.reason == "StorageUnreachable"
    assert _content(tmp_path) == {}


def test_a_byte_that_is_another_is_noticed_and_fetched_again(faults: Faults, tmp_path: Path) -> None:
    """The store's digest, not the length alone, says whether a file is right."""
    faults.to, faults.flip = "model.pkl", 1

    assert fetch(URI, tmp_path) is None
    assert _content(tmp_path) == FILES
    assert faults.sent("model.pkl") == 4


def test_a_file_that_is_always_damaged_is_not_served(faults: Faults, tmp_path: Path) -> None:
    """Twice in a row is a failure that names the file."""
    faults.to, faults.flip = "model.pkl", 100

    failure = fetch(URI, tmp_path)

    assert failure is not None
    assert failure.reason == "DownloadFailed"
    assert "data/model.pkl" in failure.message
    assert not (tmp_path / "MLmodel").exists()


def test_a_file_uploaded_in_parts_is_checked(faults: Faults, tmp_path: Path) -> None:
    """S3's digest of parts is understood: a flipped byte is noticed there too."""
    faults.to, faults.flip = "model.bin", 1

    assert fetch("s3://models/parts", tmp_path) is None
    assert _content(tmp_path) == {"model.bin": LARGE}
    assert faults.sent("model.bin") == 4


def test_a_single_object_is_a_model_too(faults: Faults, tmp_path: Path) -> None:
    """A URI may name one file."""
    assert fetch("s3://models/parts/model.bin", tmp_path) is None
    assert _content(tmp_path) == {"model.bin": LARGE}
    assert faults.asked


def _program(directory: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sdep", "fetch", URI, str(directory)]
    environment = {**os.environ, "SDEP_TERMINATION_LOG": os.devnull}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_killed_download_is_gone_on_with(faults: Faults, tmp_path: Path) -> None:
    """A `kill -9` in the middle: nothing of it is served, and the next start fetches only what is missing, and serves all."""
    faults.pause = 0.02
    with _program(tmp_path) as first:
        _await_piece(tmp_path)
        first.kill()
    assert not (tmp_path / "MLmodel").exists()
    faults.pause = 0.0
    faults.asked.clear()

    assert fetch(URI, tmp_path) is None
    assert _content(tmp_path) == FILES
    assert faults.sent("model.pkl") == 1


def _await_piece(directory: Path) -> None:
    """Until the journal has one piece of the large file."""
    journal = directory / INCOMING / "journal"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.is_file() and "model.pkl" in "".join(journal.read_text().splitlines(keepends=True)[1:]):
            return
        time.sleep(0.01)
    raise AssertionError("no piece arrived")


def test_progress_is_told_now_and_then(
    faults: Faults, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow store: JSON lines with bytes and percent, one in a while and not one for each piece."""
    monkeypatch.setattr("sdep.runtime.storage.progress.BETWEEN", 0.2)
    monkeypatch.setenv("SDEP_TERMINATION_LOG", os.devnull)
    faults.to, faults.pause = "model.pkl", 0.005
    from sdep.runtime.fetch import main  # noqa: PLC0415 - its log goes to the captured output

    begin = time.monotonic()
    assert main(URI, tmp_path) == 0
    seconds = time.monotonic() - begin
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"downloading"' in line]
    assert 1 <= len(lines) <= seconds / 0.2 + 1
    assert all(0 < line["percent"] <= 100 for line in lines)


def test_pods_that_share_a_cache_download_once(faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at once: one downloads, the others wait for it and copy."""
    monkeypatch.setenv(ENV_CACHE, str(tmp_path / "cache"))
    running = [_program(tmp_path / name) for name in ("a", "b", "c")]
    assert [program.wait(60) for program in running] == [0, 0, 0]
    for program in running:
        if program.stdout:
            program.stdout.close()

    assert [_content(tmp_path / name) == FILES for name in ("a", "b", "c")] == [True] * 3
    assert faults.sent("model.pkl") == 2


def test_a_cache_that_can_not_be_used_is_no_failure(
    faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full or foreign cache volume costs a download, not the pod."""
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setenv(ENV_CACHE, str(tmp_path / "cache"))

    assert fetch(URI, tmp_path / "model") is None
    assert _content(tmp_path / "model") == FILES
    assert faults.asked
