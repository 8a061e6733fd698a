"""Stores that are asked over plain HTTP: Google's, MLflow's own artifact service, and one file at a web address."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sdep.runtime.fetch import fetch
from sdep.runtime.storage.note import NOTE
from tests.unit.runtime.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {"m/MLmodel": b"flavors: {}", "m/data/a b.pkl": bytes(range(256)) * 500}
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"


class _Server(http.server.BaseHTTPRequestHandler):
    """Three services in one: Google's JSON API for bucket `b`, MLflow's artifact service, files below /files."""

    secret: ClassVar[str] = ""
    asked: ClassVar[list[str]] = []
    cut: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers.get('Range', '')}".strip())
        if self.secret and self.headers.get("Authorization") != self.secret:
            self._send(401, b"")
            return
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path == "/storage/v1/b/b/o":
            self._send(200, json.dumps(self._google(query["prefix"])).encode())
        elif path == _ARTIFACTS:
            self._send(200, json.dumps({"files": self._artifacts(query["path"])}).encode())
        else:
            self._file(path.removeprefix("/storage/v1/b/b/o/").removeprefix(f"{_ARTIFACTS}/").removeprefix("/files/"))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _google(self, prefix: str) -> dict[str, object]:
        items = [
            {
                "name": name,
                "size": str(len(content)),
                "generation": "7",
                "md5Hash": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
            }
            for name, content in FILES.items()
            if name.startswith(prefix)
        ]
        return {"items": items} if items else {}

    def _artifacts(self, folder: str) -> list[dict[str, object]]:
        inside = [Path(name).relative_to(folder) for name in FILES if Path(name).is_relative_to(folder)]
        found: dict[str, dict[str, object]] = {}
        for path in inside:
            name = path.parts[0] if path.parts else Path(folder).name
            size = len(FILES[f"{folder}/{path}" if path.parts else folder])
            is_folder = len(path.parts) > 1
            found[name] = {"path": name, "is_dir": is_folder} | ({} if is_folder else {"file_size": size})
        return list(found.values())

    def _file(self, name: str) -> None:
        content = FILES.get(name)
        if content is None:
            self._send(404, b"no such file")
            return
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        self._send(206 if asked else 200, content[start:])

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            cut = self.cut.pop(0) if self.cut and len(body) > self.cut[0] else len(body)
            self.wfile.write(body[:cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Server]]:
    monkeypatch.setattr("sdep.runtime.storage.transfer.FIRST_PAUSE", 0.01)
    handler: type[_Server] = type("_Bound", (_Server,), {"asked": [], "cut": []})
    with listening(handler) as port:
        address = f"http://127.0.0.1:{port}"
        for name in ("STORAGE_EMULATOR_HOST", "MLFLOW_TRACKING_URI"):
            monkeypatch.setenv(name, address)
        for name in ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "GOOGLE_APPLICATION_CREDENTIALS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield handler


def _content(directory: Path) -> dict[str, bytes]:
    found = {f"m/{path.relative_to(directory)}": path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    found.pop(f"m/{NOTE}", None)
    return found


@pytest.mark.parametrize("uri", ["gs://b/m", "mlflow-artifacts:/m", "gs://b/m/"])
def test_a_folder_arrives_whole(server: type[_Server], tmp_path: Path, uri: str) -> None:
    """Every file below the folder, whatever its name, and a broken stream is continued by a range."""
    server.cut.append(50_000)

    assert fetch(uri, tmp_path) is None
    assert _content(tmp_path) == FILES
    assert any("bytes=50000-" in asked for asked in server.asked)


@pytest.mark.parametrize("uri", ["gs://b/m/MLmodel", "mlflow-artifacts:/m/MLmodel"])
@pytest.mark.usefixtures("server")
def test_one_file_arrives(tmp_path: Path, uri: str) -> None:
    """A URI may name a file."""
    assert fetch(uri, tmp_path) is None
    assert _content(tmp_path) == {"m/MLmodel": FILES["m/MLmodel"]}


def test_a_file_at_a_web_address_arrives(
    server: type[_Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file, under its own name; a broken stream is continued."""
    address = os.environ["MLFLOW_TRACKING_URI"]
    monkeypatch.setattr(server, "cut", [70_000])

    assert fetch(f"{address}/files/m/data/a%20b.pkl", tmp_path) is None
    assert (tmp_path / "a b.pkl").read_bytes() == FILES["m/data/a b.pkl"]
    assert any("bytes=70000-" in asked for asked in server.asked)


@pytest.mark.parametrize("uri", ["gs://b/none", "mlflow-artifacts:/none"])
@pytest.mark.usefixtures("server")
def test_nothing_is_no_model(tmp_path: Path, uri: str) -> None:
    """A folder without files is a model that is not there."""
    failure = fetch(uri, tmp_path)

    assert failure is not None
    assert failure.reason == "ModelNotFound"


def test_the_tracking_servers_credentials_are_used(
    server: type[_Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them: access denied. With them: the model."""
    server.secret = "Basic YW5uYTpzZWNyZXQ="  # noqa: S105 - the test's own
    refused = fetch("mlflow-artifacts:/m", tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "anna")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")

    assert refused is not None
    assert refused.reason == "AccessDenied"
    assert fetch("mlflow-artifacts:/m", tmp_path) is None


def test_rclones_remote_is_a_store(server: type[_Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`RCLONE_CONFIG_<REMOTE>_TYPE` says what a scheme of the user's own means."""
    monkeypatch.setenv("RCLONE_CONFIG_MINE_TYPE", "google cloud storage")
    monkeypatch.setenv("RCLONE_CONFIG_MINE_ANONYMOUS", "true")

    assert fetch("mine://b/m", tmp_path) is None
    assert _content(tmp_path) == FILES
    assert server.asked


def test_a_name_that_leads_out_of_the_folder_is_refused(
    server: type[_Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No store may write beside the model."""
    monkeypatch.setitem(FILES, "m/../../evil", b"x")

    failure = fetch("gs://b/m", tmp_path / "model")

    assert failure is not None
    assert "evil" in failure.message
    assert server.asked
    assert list(tmp_path.rglob("evil")) == []
