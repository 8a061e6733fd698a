"""The registry, as a data scientist changes it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from demo import platform
from demo.kubectl import Target
from tests.node.forward import forwarded


@dataclass(frozen=True)
class Mlflow:
    target: Target

    @contextmanager
    def answering(self) -> Iterator[str]:
        """Its URL on loopback, for one exchange: a forward that stays open ends with the first connection that breaks."""
        with forwarded(self.target, platform.NAMESPACE, "svc/mlflow", 5000) as port:
            yield f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, **arguments: object) -> dict[str, Any]:
        with self.answering() as url:
            request = urllib.request.Request(
                f"{url}/api/2.0/mlflow/{path}",
                json.dumps(arguments).encode(),
                {"Content-Type": "application/json"},
                method=method,
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                found: dict[str, Any] = json.loads(answer.read())
        return found

    def set_alias(self, name: str, alias: str, version: str) -> None:
        self.call("POST", "registered-models/alias", name=name, alias=alias, version=version)

    def move_to_stage(self, name: str, version: str, stage: str) -> None:
        """Versions that are in the stage already stay in it."""
        self.call(
            "POST",
            "model-versions/transition-stage",
            name=name,
            version=version,
            stage=stage,
            archive_existing_versions=False,
        )

    def version(self, name: str, version: str) -> dict[str, Any]:
        found = self.call("GET", f"model-versions/get?name={name}&version={version}")
        model_version: dict[str, Any] = found["model_version"]
        return model_version
