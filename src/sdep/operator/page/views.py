"""What the page is told: a line of each SeldonDeployment, and one of them whole. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

from sdep.api.base import KubeModel
from sdep.api.defaults import with_defaults
from sdep.api.drift_status import DriftStatus
from sdep.api.graph import UNKNOWN_IMPLEMENTATION, Unit
from sdep.api.rollout import Step
from sdep.api.rollout_annotation import rollout_of
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Decided
from sdep.diagnosis.causes import Evidence, Explanation, explain
from sdep.diagnosis.gathered import Gathered
from sdep.diagnosis.rollout import read_rollout
from sdep.diagnosis.served import UnitHistory, histories
from sdep.diagnosis.tree import View, view
from sdep.errors import InvalidError
from sdep.operator.page.explainers import ExplainerView, explainers
from sdep.operator.page.history import Sample


class Line(KubeModel):
    """One SeldonDeployment in the list: the columns of `kubectl get sdep`, and the phase of its rollout."""

    namespace: str
    name: str
    state: str
    ready: bool
    pods: str = ""
    traffic: str = ""
    models: str = ""
    rollout: str = ""


class UnitView(KubeModel):
    """A node of a graph; `implementation` is "" where a container of the unit's name is what serves it."""

    name: str
    type: str
    implementation: str = ""
    model_uri: str = ""
    children: list[UnitView] = Field(default_factory=list)


class Detail(KubeModel):
    """`view`, `explanation` and `models` are what `sdep status`, `explain` and `history` say; `graphs` are by predictor.

    `since` is when the operator began to remember `samples`.
    """

    view: View
    explanation: Explanation
    models: list[UnitHistory]
    graphs: dict[str, UnitView]
    steps: list[Step]
    decisions: list[Decided]
    drift: list[DriftStatus]
    explainers: list[ExplainerView]
    samples: list[Sample]
    since: str


def line(body: Mapping[str, Any]) -> Line:
    found = Gathered(body, (), (), ())
    summary = found.status.get("summary") or {}
    return Line(
        namespace=found.namespace,
        name=found.name,
        state=found.status.get("state") or "Unknown",
        ready=found.seen and found.condition("Ready").get("status") == "True",
        pods=summary.get("ready", ""),
        traffic=summary.get("traffic", ""),
        models=summary.get("models", ""),
        rollout=(found.status.get("rollout") or {}).get("phase", ""),
    )


def detail(gathered: Gathered, samples: Sequence[Sample], since: str) -> Detail:
    """Raises InvalidError where the status is not this operator's."""
    rollout, models = read_rollout(gathered.status), histories(gathered.sdep)
    sdep = _readable(gathered)
    return Detail(
        view=view(gathered),
        explanation=_explained(gathered),
        models=models,
        graphs=dict(_graphs(sdep, gathered)) if sdep else {},
        steps=_steps(sdep) if sdep else [],
        decisions=rollout.history if rollout else [],
        drift=_drift(gathered.status),
        explainers=explainers(gathered),
        samples=list(samples),
        since=since,
    )


def _drift(status: Mapping[str, Any]) -> list[DriftStatus]:
    """Without the counts of the windows that are not whole yet."""
    told = ({name: value for name, value in state.items() if name != "counts"} for state in status.get("drift") or ())
    try:
        return [DriftStatus.model_validate(state, by_alias=True, by_name=False) for state in told]
    except ValidationError as error:
        raise InvalidError("StatusUnreadable", f"status.drift can not be read: {error.errors()[0]['msg']}") from error


def _readable(gathered: Gathered) -> SeldonDeployment | None:
    """None where the manifest is not; `SpecValid` says why."""
    try:
        return with_defaults(parse(gathered.sdep))
    except InvalidError:
        return None


def _steps(sdep: SeldonDeployment) -> list[Step]:
    """None where the rollout is not asked for, or not readably; `SpecValid` says why."""
    try:
        asked = rollout_of(sdep)
    except InvalidError:
        return []
    return asked.steps if asked else []


def _explained(gathered: Gathered) -> Explanation:
    """Without the counts of ReplicaSets, which the operator does not watch."""
    said = explain(gathered, Evidence())
    return said.model_copy(update={"chain": [link for link in said.chain if link.kind != "ReplicaSet" or link.reason]})


def _graphs(sdep: SeldonDeployment, gathered: Gathered) -> Iterator[tuple[str, UnitView]]:
    """A canary that the operator made has the graph of the predictor that it was made of."""
    written = {predictor.name: predictor.graph for predictor in sdep.spec.predictors}
    stable = str((gathered.status.get("rollout") or {}).get("stable", ""))
    for predictor in gathered.predictors:
        name = str(predictor["name"])
        if graph := written.get(name, written.get(stable)):
            yield name, _unit(graph)


def _unit(unit: Unit) -> UnitView:
    return UnitView(
        name=unit.name or "",
        type=unit.type or "",
        implementation="" if unit.implementation == UNKNOWN_IMPLEMENTATION else unit.implementation or "",
        model_uri=unit.model_uri or "",
        children=[_unit(child) for child in unit.children or ()],
    )
