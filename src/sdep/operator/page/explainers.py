"""Which predictors have an explainer, and which of its pods can be asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError

from sdep.api.base import KubeModel
from sdep.api.explainer import Explainer
from sdep.contract import explainer_service
from sdep.diagnosis.gathered import Body, Gathered
from sdep.render.explainer_port import port
from sdep.render.labels import APP, EXPLAINER


class ExplainerView(KubeModel):
    """`pods` are those that are ready: while they stay the same, so does what they explain."""

    predictor: str
    type: str
    pods: list[str] = Field(default_factory=list)


def explainers(gathered: Gathered) -> list[ExplainerView]:
    return [
        ExplainerView(predictor=name, type=explainer.type or "", pods=sorted(_ready(gathered, name)))
        for name, explainer in _written(gathered)
    ]


def address(gathered: Gathered, predictor: str, pod: str) -> str:
    """`host:port` of a pod that is ready; "" where it is none of this predictor's explainer."""
    explainer = dict(_written(gathered)).get(predictor)
    host = _ready(gathered, predictor).get(pod, "")
    return f"{f'[{host}]' if ':' in host else host}:{port(explainer)}" if explainer and host else ""


def _written(gathered: Gathered) -> Iterator[tuple[str, Explainer]]:
    """What can not be read is no explainer; `SpecValid` says why."""
    for predictor in gathered.predictors:
        try:
            explainer = Explainer.model_validate(predictor.get("explainer") or {}, by_alias=True, by_name=False)
        except ValidationError:
            continue
        if explainer.type:
            yield str(predictor["name"]), explainer


def _ready(gathered: Gathered, predictor: str) -> dict[str, str]:
    """The addresses of its pods that are ready, by name."""
    wanted = {APP: explainer_service(gathered.name, predictor), EXPLAINER: "true"}
    mine = (pod for pod in gathered.pods if wanted.items() <= (pod["metadata"].get("labels") or {}).items())
    return {str(pod["metadata"]["name"]): str(_status(pod)["podIP"]) for pod in mine if _is_ready(pod)}


def _is_ready(pod: Body) -> bool:
    status = _status(pod)
    there = status.get("podIP") and not pod["metadata"].get("deletionTimestamp")
    conditions = status.get("conditions") or ()
    return bool(there) and any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _status(pod: Body) -> Mapping[str, Any]:
    return pod.get("status") or {}
