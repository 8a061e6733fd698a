"""Artifacts that MLflow's tracking server hands out itself: mlflow-artifacts:/…, and the server's own web addresses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from sdep.runtime.storage import rclone
from sdep.runtime.storage.store import StoredFile, relative
from sdep.runtime.storage.web import Web, basic, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from urllib.parse import SplitResult

    from sdep.runtime.storage.digest import Digest

_SERVICE = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass(frozen=True, slots=True)
class TrackingStore:
    """`service` is the address of the artifact service, `root` the folder in it.

    It is asked for one stream a file: behind some storages the server reads the whole file for every range.
    """

    web: Web
    service: str
    root: str
    splits: bool = field(default=False, init=False)

    def files(self) -> list[StoredFile]:
        found = list(self._below(self.root, ""))
        name = self.root.rpartition("/")[2]
        if len(found) == 1 and found[0].path == name and not list(self._list(f"{self.root}/{name}")):
            return [StoredFile(name, found[0].size, key=self.root)]  # a file's listing is the file itself
        return found

    def digest(self, _: StoredFile) -> Digest | None:
        return None

    def read(self, file: StoredFile, start: int, end: int | None) -> Iterator[bytes]:
        return self.web.stream(f"{self.service}/{quote(file.key)}", start, end if start else None)

    def _below(self, folder: str, inside: str) -> Iterator[StoredFile]:
        for entry in self._list(folder):
            path = relative(f"{inside}{entry['path']}")
            key = f"{folder}/{entry['path']}"
            if entry.get("is_dir"):
                yield from self._below(key, f"{path}/")
            else:
                yield StoredFile(path, int(entry["file_size"]) if "file_size" in entry else None, key=key)

    def _list(self, folder: str) -> list[dict[str, Any]]:
        with self.web.ask(f"{self.service}?{urlencode({'path': folder})}") as answer:
            entries: list[dict[str, Any]] = json.load(answer).get("files", [])
        return entries


def tracking_store(parts: SplitResult, environment: Mapping[str, str]) -> TrackingStore | None:
    """None where only MLflow's own client can ask: a plugin for credentials, a workspace, a server that nobody named."""
    server = environment.get("MLFLOW_TRACKING_URI", "")
    if any(environment.get(name) for name in ("MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4", "MLFLOW_WORKSPACE")):
        return None
    if parts.scheme == "mlflow-artifacts":
        named = urlsplit(server)
        if named.scheme not in {"http", "https"}:
            return None
        prefix = named.path.rstrip("/")
        base, root = f"{named.scheme}://{parts.netloc or named.netloc}{prefix}{_SERVICE}", parts.path
    else:
        before, _, root = parts.path.partition(_SERVICE)
        base = f"{parts.scheme}://{parts.netloc}{before}{_SERVICE}"
    return TrackingStore(_web(environment), base, unquote(root).strip("/"))


def serves_artifacts(parts: SplitResult) -> bool:
    return _SERVICE in parts.path


def _web(environment: Mapping[str, str]) -> Web:
    token = environment.get("MLFLOW_TRACKING_TOKEN", "")
    username, password = environment.get("MLFLOW_TRACKING_USERNAME"), environment.get("MLFLOW_TRACKING_PASSWORD")
    headers = basic(username, password or "") if username else {"Authorization": f"Bearer {token}"} if token else {}
    context = tls_context(
        environment,
        insecure=rclone.says_yes(environment.get("MLFLOW_TRACKING_INSECURE_TLS")),
        authority=environment.get("MLFLOW_TRACKING_SERVER_CERT_PATH", ""),
    )
    if certificate := environment.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
        context.load_cert_chain(certificate)
    return Web(headers, context)
