"""A predictor: one graph with its pods, its share of the traffic and its extras."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from sdep.api.base import Count, FreeForm, Int32, IntOrString, KubeModel
from sdep.api.drift import DriftDetector
from sdep.api.explainer import Explainer
from sdep.api.graph import Unit
from sdep.api.pod_spec import PodSpec, Resources, TemplateMetadata, Variable

WHOLE = 100
"""The sum of the live weights, in percent."""


class HpaSpec(KubeModel):
    min_replicas: Int32 | None = None
    max_replicas: Int32
    metrics: list[FreeForm] | None = None
    metricsv2: list[FreeForm] | None = Field(None, alias="metricsv2")


class KedaSpec(KubeModel):
    polling_interval: Int32 | None = None
    cooldown_period: Int32 | None = None
    min_replica_count: Int32 | None = None
    max_replica_count: Int32 | None = None
    idle_replica_count: Int32 | None = None
    advanced: FreeForm | None = None
    fallback: FreeForm | None = None
    triggers: list[FreeForm]


class PdbSpec(KubeModel):
    min_available: IntOrString | None = None
    max_unavailable: IntOrString | None = None


class ComponentSpec(KubeModel):
    """One Deployment: a pod template and how it scales."""

    metadata: TemplateMetadata | None = None
    spec: PodSpec | None = None
    replicas: Count | None = None
    hpa_spec: HpaSpec | None = None
    keda_spec: KedaSpec | None = None
    pdb_spec: PdbSpec | None = None

    @property
    def containers(self) -> list[dict[str, Any]]:
        return list((self.spec or {}).get("containers") or ())


class SvcOrchSpec(KubeModel):
    """The engine container's own resources, environment and (as a pod of its own) replicas."""

    resources: Resources | None = None
    env: list[Variable] | None = None
    replicas: Count | None = None


class Ssl(KubeModel):
    cert_secret_name: str | None = None


class Predictor(KubeModel):
    name: str
    graph: Unit
    component_specs: list[ComponentSpec] | None = None
    replicas: Count | None = None
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None
    traffic: Count | None = None
    shadow: bool | None = None
    svc_orch_spec: SvcOrchSpec | None = None
    engine_resources: FreeForm | None = None
    explainer: Explainer | None = None
    drift_detector: DriftDetector | None = None
    ssl: Ssl | None = None
    progress_deadline_seconds: Int32 | None = None


def sums_to_whole(predictors: Iterable[Predictor]) -> bool:
    """Whether the live weights are right as written; a lone predictor may leave its weight out."""
    written = [predictor.traffic or 0 for predictor in predictors if not predictor.shadow]
    return sum(written) == WHOLE or (len(written) == 1 and written[0] == 0)
