"""The certificate that a predictor shows, read again when the mounted secret changes."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from sdep.errors import InvalidError
from sdep.runtime.log import event

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE, KEY = "tls.crt", "tls.key"


class Certificates:
    """Open connections keep what they were shown; every new one gets what was last read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._seen = self._versions()
        try:
            self.context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
        except OSError as error:  # ssl.SSLError is one
            raise InvalidError(
                "InvalidCertificate", f"{folder} must hold {CERTIFICATE} and {KEY}, which fit each other: {error}"
            ) from error

    def refresh(self) -> bool:
        """Whether there was something new. A pair that cannot be read, half written say, leaves the old one in use."""
        versions = self._versions()
        if versions == self._seen:
            return False
        self._seen = versions
        try:
            self.context.load_cert_chain(self._folder / CERTIFICATE, self._folder / KEY)
        except OSError as error:
            event("certificate not read", level="error", folder=str(self._folder), detail=str(error))
            return False
        event("certificate read", folder=str(self._folder))
        return True

    def pair(self) -> tuple[bytes, bytes] | None:
        """Key and certificate as they are now, for gRPC; None where they cannot be read."""
        try:
            return (self._folder / KEY).read_bytes(), (self._folder / CERTIFICATE).read_bytes()
        except OSError:
            return None

    def _versions(self) -> tuple[int, ...]:
        """Kubernetes swaps a link, so the files' own identity tells, also where two were written in one moment."""
        try:
            stats = [(self._folder / name).stat() for name in (CERTIFICATE, KEY)]
        except OSError:
            return ()
        return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_ino, stat.st_size))
