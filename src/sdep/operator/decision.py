"""What to do about a SeldonDeployment, from what the watches have told: pods, routes and weights that belong together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sdep.api.drift_status import DriftStatus
from sdep.api.experiment_status import ExperimentStatus
from sdep.api.predictor import sums_to_whole
from sdep.api.problem import Problem
from sdep.api.rollout_annotation import rollout_of
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Condition, RolloutStatus
from sdep.errors import InvalidError
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan, Weights
from sdep.registry.pin import Pinning
from sdep.render import render
from sdep.render.ingress import chosen
from sdep.render.manifest import Manifest
from sdep.render.ports_in_use import ports_in_use
from sdep.rollout.weights import answerable, on_trial, requested
from sdep.settings import OperatorSettings
from sdep.status import conditions
from sdep.status.former import former_services
from sdep.status.observation import PredictorObservation, observe
from sdep.status.routes import routes_ready
from sdep.status.summary import previous


@dataclass(frozen=True)
class Sight:
    """A plan whose weights are not decided yet, and what the watches tell of it."""

    plan: Plan
    observed: tuple[PredictorObservation, ...]


@dataclass(frozen=True)
class Trials:
    """What is tried and watched of what is served; nothing where the manifest asks for nothing.

    `unanswered`: why models fail their input examples, by predictor; None while nobody knows.
    """

    rollout: RolloutStatus | None = None
    drift: Sequence[DriftStatus] = ()
    experiment: ExperimentStatus | None = None
    unanswered: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Decision:
    """`asked` are the weights that the manifest means, or its rollout; the plan has those that are routed now."""

    plan: Plan
    asked: Weights
    observed: tuple[PredictorObservation, ...]
    pinning: Pinning
    desired: tuple[Manifest, ...]
    trials: Trials


def look(name: ObjectName, sdep: SeldonDeployment, pinning: Pinning, store: Store, settings: OperatorSettings) -> Sight:
    deployments, services = (
        {key.name: body for key, body in store.children(name).items() if key.kind == kind}
        for kind in ("Deployment", "Service")
    )
    ports = ports_in_use(sdep, services, list(deployments.values()))
    plan = Plan(sdep, pinning.pins, requested(sdep.spec.predictors), settings, ports)
    pods = store.pods(name)
    observed = observe(plan, deployments, pods)
    former = former_services(plan, observed, deployments, services, pods)
    if not former:
        return Sight(plan, observed)
    answering = (replace(seen, stood_in=True) if seen.name in former else seen for seen in observed)
    return Sight(replace(plan, former_services=former), tuple(answering))


def decide(sight: Sight, pinning: Pinning, trials: Trials, heard_of: Collection[str] | None = None) -> Decision:
    """`heard_of`: the predictors that gateways are sure to have heard of; None for all."""
    asked = on_trial(sight.plan.weights, trials.rollout)
    able = {seen.name for seen in sight.observed if seen.answers and (heard_of is None or seen.name in heard_of)}
    routed = answerable(asked, able)
    plan = replace(sight.plan, weights=routed)
    desired = render(plan) if plan.predictors else ()
    return Decision(plan, asked, sight.observed, pinning, desired, trials)


def unrouted(decision: Decision) -> Decision:
    """The same where no route names any of these predictors yet."""
    weights = decision.plan.weights
    nothing = Weights(dict.fromkeys(weights.live, 0), dict.fromkeys(weights.mirror, 0))
    return replace(decision, plan=replace(decision.plan, weights=nothing))


def said(
    decision: Decision, name: ObjectName, store: Store, found: Sequence[Problem], refused: Sequence[InvalidError]
) -> list[Condition]:
    """Every condition but those that follow from others. `refused` are children that could not be applied."""
    plan, trials, live = decision.plan, decision.trials, store.children(name)
    keys = [manifest.key for manifest in decision.desired]
    ingress = chosen(plan.sdep, plan.settings)
    before = previous(plan.sdep)
    faults = {"/".join(key): (fault.reason, fault.message) for key, fault in decision.pinning.faults.items()}
    return [
        conditions.spec_valid(found),
        conditions.models_resolved(faults),
        conditions.children_applied(refused),
        conditions.deployments_ready(decision.observed),
        *conditions.environments_ready(decision.observed),
        *conditions.input_examples_answered(trials.unanswered, before.conditions if before else ()),
        *conditions.explainers_ready(decision.observed),
        *conditions.children_ready(keys, live),
        conditions.routes_ready(routes_ready(ingress, keys, live), ingress=ingress),
        conditions.traffic_as_requested(
            decision.asked,
            plan.weights,
            adjusted=trials.rollout is None and not sums_to_whole(plan.sdep.spec.predictors),
        ),
        *conditions.rollout_complete(trials.rollout, wanted=rollout_of(plan.sdep) is not None),
        *conditions.drift_detected(trials.drift),
        *conditions.experiment_decided(trials.experiment),
    ]
