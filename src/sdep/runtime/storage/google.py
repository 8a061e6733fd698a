"""Google Cloud Storage over its JSON API."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from sdep.runtime.storage import rclone
from sdep.runtime.storage.digest import Digest, of_base64
from sdep.runtime.storage.store import AccessDeniedError, StoredFile, relative
from sdep.runtime.storage.web import Web, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_API = "https://storage.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"


@dataclass(frozen=True, slots=True)
class GoogleStore:
    identity: Identity
    api: str
    bucket: str
    prefix: str
    digests: dict[str, Digest] = field(default_factory=dict)
    splits: bool = field(default=True, init=False)

    def files(self) -> list[StoredFile]:
        folder = f"{self.prefix}/" if self.prefix else ""
        found = [self._listed(item, item["name"].removeprefix(folder)) for item in self._items(folder)]
        if found or not self.prefix:
            return found
        one = (item for item in self._items(self.prefix) if item["name"] == self.prefix)
        return [self._listed(item, self.prefix.rpartition("/")[2]) for item in one]

    def digest(self, file: StoredFile) -> Digest | None:
        return self.digests.get(file.key)

    def read(self, file: StoredFile, start: int, end: int | None) -> Iterator[bytes]:
        query = urlencode({"alt": "media", **({"generation": file.version} if file.version else {})})
        url = f"{self.api}/storage/v1/b/{quote(self.bucket, safe='')}/o/{quote(file.key, safe='')}?{query}"
        return self.identity.web().stream(url, start, None if end == file.size and not start else end)

    def _items(self, prefix: str) -> Iterator[dict[str, Any]]:
        query = {"prefix": prefix, "fields": "nextPageToken,items(name,size,md5Hash,generation)"}
        while True:
            url = f"{self.api}/storage/v1/b/{quote(self.bucket, safe='')}/o?{urlencode(query)}"
            with self.identity.first(url) as answer:
                page = json.load(answer)
            yield from (item for item in page.get("items", ()) if not item["name"].endswith("/"))
            if not page.get("nextPageToken"):
                return
            query["pageToken"] = page["nextPageToken"]

    def _listed(self, item: Mapping[str, Any], path: str) -> StoredFile:
        if made := of_base64("md5", item.get("md5Hash", "-")):
            self.digests[item["name"]] = made
        return StoredFile(relative(path), int(item["size"]), str(item.get("generation", "")), item["name"])


class Identity:
    """Who asks: the account that the environment names, else nobody, else (where nobody is refused) the machine's own account."""

    def __init__(self, environment: Mapping[str, str], remote: Mapping[str, str]) -> None:
        self._tls = tls_context(environment)
        self._account = remote.get("service_account_credentials", "")
        self._file = remote.get("service_account_file") or environment.get("GOOGLE_APPLICATION_CREDENTIALS", "")
        self._anonymous = rclone.says_yes(remote.get("anonymous"))
        self._credentials: Any = None
        self._lock = threading.Lock()

    def first(self, url: str) -> Any:  # noqa: ANN401 - an HTTPResponse
        """Ask, and ask again with the machine's own account where nobody may see this."""
        if self._account or self._file:
            self._find()
        try:
            return self.web().ask(url)
        except AccessDeniedError:
            if self._anonymous or self._credentials is not None:
                raise
            self._find()
        return self.web().ask(url)

    def web(self) -> Web:
        """With a token that is good now."""
        with self._lock:
            if self._credentials is None:
                return Web({}, self._tls)
            if not self._credentials.valid:
                self._credentials.refresh(import_module("google.auth.transport.requests").Request())
            return Web({"Authorization": f"Bearer {self._credentials.token}"}, self._tls)

    def _find(self) -> None:
        with self._lock:
            if self._credentials is not None:
                return
            auth = import_module("google.auth")
            if self._account:
                self._credentials, _ = auth.load_credentials_from_dict(json.loads(self._account), scopes=[_SCOPE])
            elif self._file:
                self._credentials, _ = auth.load_credentials_from_file(self._file, scopes=[_SCOPE])
            else:
                self._credentials, _ = auth.default(scopes=[_SCOPE])


def google_store(scheme: str, bucket: str, path: str, environment: Mapping[str, str]) -> GoogleStore:
    """`scheme` is the name of rclone's remote too. STORAGE_EMULATOR_HOST is where Google's own clients go instead, too."""
    identity = Identity(environment, rclone.remote(environment, scheme))
    api = environment.get("STORAGE_EMULATOR_HOST", _API).rstrip("/")
    return GoogleStore(identity, api if "://" in api else f"http://{api}", bucket, path.strip("/"))
