"""Which predictors have an explainer, and which of its pods can be asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, ValidationError

from sdep.api.base import KubeModel
from sdep.api.explainer import Explainer
from sdep.contract import explainer_service
from sdep.diagnosis.gathered import Gathered
from sdep.render.explainer_port import port
from sdep.render.labels import APP, EXPLAINER
from sdep.status.pods import is_ready


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
    ready = ((str(pod["metadata"]["name"]), pod["status"].get("podIP")) for pod in mine if is_ready(pod))
    return {name: str(host) for name, host in ready if host}
