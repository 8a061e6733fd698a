"""Experiments as the reconciler sees them: who the arms are, what their pods tell, and when to ask again. No traffic is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sdep.api.duration import seconds
from sdep.api.experiment import ExperimentSpec
from sdep.api.experiment_annotation import experiment_of
from sdep.api.experiment_status import ExperimentStatus
from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.experiment.arm import Arm, revision
from sdep.experiment.progress import begun, is_due, looked_at, nothing_to_compare
from sdep.operator.decision import Sight
from sdep.operator.evidence import EvidenceDoor
from sdep.operator.pods_of import asked_of
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan
from sdep.render.served import served_graph
from sdep.rollout.trial import made_of

_FEWEST = 2


class Experiments:
    def __init__(self, door: EvidenceDoor, store: Store, now: Callable[[], str]) -> None:
        self._door = door
        self._store = store
        self._now = now

    async def look(
        self, name: ObjectName, written: SeldonDeployment, sight: Sight, before: ExperimentStatus | None
    ) -> ExperimentStatus | None:
        """The experiment as it is now; None where there is none. `written` has no predictor that a rollout made."""
        spec = experiment_of(written)
        if spec is None:
            return None
        now, compared = self._now(), _compared(spec, written, sight.plan)
        if len(compared) < _FEWEST:
            return nothing_to_compare(spec, before)
        arms = [_arm(sight.plan, predictor) for predictor in compared]
        if before is None or before.revision != revision(spec, arms):
            return begun(spec, arms, now)
        if not is_due(spec, before, now) or not (before.collected.at or _rolled_out(sight, compared)):
            return before
        pods = list(self._store.pods(name))
        asked = [one for found in compared for one in asked_of(pods, sight.plan, found, found.name)]
        told = await self._door.tell(asked)
        return looked_at(spec, arms, before, told, {one.uid for one in asked}, now)


def next_telling(sdep: SeldonDeployment, experiment: ExperimentStatus | None) -> float | None:
    """Seconds until the pods are asked again, or None where they are not."""
    spec = experiment_of(sdep)
    if spec is None or experiment is None or experiment.phase != "Running" or not experiment.arms:
        return None
    return max(seconds(spec.interval), 1.0)


def _compared(spec: ExperimentSpec, written: SeldonDeployment, plan: Plan) -> Sequence[Predictor]:
    """The arms that are there, in the manifest's order."""
    named = set(spec.predictors)
    meant = {found.name for found in written.spec.predictors if not found.shadow and (not named or found.name in named)}
    return [found for found in plan.predictors if found.name in meant]


def _rolled_out(sight: Sight, compared: Sequence[Predictor]) -> bool:
    """What pods of an earlier version do is not the arm's: nothing is counted before all of them are new."""
    done = {seen.name for seen in sight.observed if seen.rolled_out}
    return all(predictor.name in done for predictor in compared)


def _arm(plan: Plan, predictor: Predictor) -> Arm:
    return Arm(
        predictor.name,
        tuple(sorted({name for name in _models(plan, predictor) if name})),
        plan.weights.live.get(predictor.name, 0),
        made_of(predictor, plan.pins),
    )


def _models(plan: Plan, predictor: Predictor) -> Iterator[str]:
    """As answers name them in `meta.requestPath`."""
    graph = served_graph(plan, predictor, plan.layouts[predictor.name].entry)
    for unit in graph.walk():
        yield unit.identity
