"""The SeldonDeployment resource and how a manifest is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from sdep.api.base import Count, KubeModel
from sdep.api.experiment import ExperimentSpec
from sdep.api.predictor import Predictor
from sdep.api.rollout import RolloutSpec
from sdep.errors import InvalidError

GROUP = "machinelearning.seldon.io"
KIND = "SeldonDeployment"
PLURAL = "seldondeployments"
STORAGE_VERSION = "v1"
VERSIONS = ("v1", "v1alpha2", "v1alpha3")
API_VERSION = f"{GROUP}/{STORAGE_VERSION}"


class SeldonDeploymentSpec(KubeModel):
    name: str | None = None
    predictors: list[Predictor]
    protocol: Literal["", "seldon", "tensorflow", "v2", "kfserving"] | None = None
    transport: Literal["", "rest", "grpc"] | None = None
    server_type: Literal["", "rpc", "kafka"] | None = None
    replicas: Count | None = None
    annotations: dict[str, str] | None = None
    rollout: RolloutSpec | None = None
    experiment: ExperimentSpec | None = None
    oauth_key: str | None = Field(None, alias="oauth_key")
    oauth_secret: str | None = Field(None, alias="oauth_secret")


class Metadata(KubeModel):
    """The part of ObjectMeta that matters here; the rest is kept as it came."""

    name: str
    namespace: str = "default"
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class SeldonDeployment(KubeModel):
    api_version: str
    kind: Literal["SeldonDeployment"]
    metadata: Metadata
    spec: SeldonDeploymentSpec

    @property
    def key(self) -> tuple[str, str]:
        """(namespace, name)."""
        return self.metadata.namespace, self.metadata.name

    def annotation(self, name: str) -> str | None:
        """An annotation as v1 looks it up: `spec.annotations` first, then the object's own."""
        own = self.metadata.annotations or {}
        return (self.spec.annotations or {}).get(name, own.get(name))


def parse(manifest: Mapping[str, Any]) -> SeldonDeployment:
    """Read a manifest. Raises InvalidError that names every field at fault by its path, such as `spec.predictors[0].traffic`."""
    try:
        return SeldonDeployment.model_validate(dict(manifest), by_alias=True, by_name=False)
    except ValidationError as error:
        faults = "; ".join(f"{path_of(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False))
        raise InvalidError("InvalidManifest", faults) from error


def path_of(location: tuple[int | str, ...]) -> str:
    """A field as messages name it: `spec.predictors[0].traffic`."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")
