"""A predictor's explainer: what says why a prediction is what it is."""

from __future__ import annotations

from typing import Any

from sdep.api.base import Count, KubeModel
from sdep.api.graph import Endpoint
from sdep.api.pod_spec import Container
from sdep.api.reference_data import ReferenceData
from sdep.contract import EXPLAINERS


class Explainer(KubeModel):
    """Without a `type` there is none."""

    type: str | None = None
    model_uri: str | None = None
    service_account_name: str | None = None
    container_spec: Container | None = None
    config: dict[str, str] | None = None
    endpoint: Endpoint | None = None
    env_secret_ref_name: str | None = None
    storage_initializer_image: str | None = None
    replicas: Count | None = None
    init_parameters: str | None = None
    reference: ReferenceData | None = None

    @property
    def container(self) -> dict[str, Any]:
        return dict(self.container_spec or {})

    def image(self, default: str) -> str:
        """Of its container; `default` is the installation's. "" where only our runtime can be the explainer."""
        return str(self.container.get("image") or default)

    def can_be_run(self, default_image: str) -> bool:
        """Whether there is an image for it, or the runtime does its type."""
        return bool(self.type) and (bool(self.image(default_image)) or self.type in EXPLAINERS)
