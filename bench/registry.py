"""A model of the benchmark's own in the platform's MLflow, whose alias is moved."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.cluster import ApiError, Cluster
from demo.platform import NAMESPACE

_ALIAS = "champion"
_MLFLOW = f"/api/v1/namespaces/{NAMESPACE}/services/mlflow:5000/proxy/api/2.0/mlflow/"


@dataclass(frozen=True)
class Model:
    """Two versions; nobody ever downloads them."""

    cluster: Cluster
    name: str = field(default_factory=lambda: f"bench-{secrets.token_hex(3)}")

    @property
    def uri(self) -> str:
        return f"models:/{self.name}@{_ALIAS}"

    def point_to(self, version: int) -> None:
        self._call("POST", "registered-models/alias", alias=_ALIAS, version=str(version))

    def register(self) -> None:
        self._call("POST", "registered-models/create")
        for number in (1, 2):
            self._call("POST", "model-versions/create", source=f"s3://bench/{self.name}/{number}")
        self.point_to(1)

    def remove(self) -> None:
        self._call("DELETE", "registered-models/delete")

    def _call(self, method: str, call: str, **arguments: object) -> None:
        self.cluster.send(method, _MLFLOW + call, {"name": self.name, **arguments})


def answers(cluster: Cluster) -> bool:
    """Whether the platform runs, as `make demo` leaves it."""
    try:
        json.loads(cluster.send("POST", f"{_MLFLOW}registered-models/get-latest-versions", {"name": "none"}).data)
    except ApiError as error:
        return "RESOURCE_DOES_NOT_EXIST" in str(error)
    except ValueError:
        return False
    return True


@contextmanager
def model(cluster: Cluster) -> Iterator[Model]:
    """A registered model, which is removed in the end."""
    made = Model(cluster)
    made.register()
    try:
        yield made
    finally:
        made.remove()
