"""A real MLflow tracking server on SQLite, on loopback, and how a data scientist changes what is registered there."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient

from sdep.registry.resolved import Connection

MODEL = "price"
SECRET = "what-only-mlflow-and-the-operator-know"  # noqa: S105 - of a test's own server
ENVIRONMENT = {
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "MLFLOW_WEBHOOK_CACHE_TTL": "0",  # a webhook counts from the moment it is made
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


@dataclass(frozen=True)
class RegistryServer:
    """It has one model of two versions, and the alias `champion` at the first."""

    url: str
    client: MlflowClient

    @property
    def connection(self) -> Connection:
        return Connection(self.url)

    def move(self, version: str, alias: str = "champion") -> None:
        self.client.set_registered_model_alias(MODEL, alias, version)

    def tags(self, version: str) -> dict[str, str]:
        return dict(self.client.get_model_version(MODEL, version).tags)

    def tell(self, url: str, *events: str) -> str:
        """Have a webhook; its id."""
        made = self.client.create_webhook(name="sdep", url=url, events=list(events), secret=SECRET)
        return str(made.webhook_id)


@contextmanager
def registry_server(python: Path, folder: Path) -> Iterator[RegistryServer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = [str(python), "-m", "mlflow", "server", "--workers", "1", "--port", url.rpartition(":")[2]]
    stores = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files")]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [*command, *stores], env={**os.environ, **ENVIRONMENT}, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            _wait(url, process)
            client = MlflowClient(url, url)
            client.create_registered_model(MODEL)
            for _ in range(2):
                client.create_model_version(MODEL, "s3://bucket/model")
            client.set_registered_model_alias(MODEL, "champion", "1")
            yield RegistryServer(url, client)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"no MLflow answers at {url}")
