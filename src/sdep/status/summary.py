"""The whole status from what was planned and what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import (
    Address,
    Condition,
    DeploymentStatus,
    Pin,
    PredictorStatus,
    ServiceStatus,
    State,
    Status,
    Summary,
)
from sdep.contract import OPEN_INFERENCE, PREDICTIONS_PATH
from sdep.plan import Plan, Weights
from sdep.render import labels, names
from sdep.render.manifest import Manifest
from sdep.render.service import entry_ports
from sdep.status import conditions
from sdep.status.observation import PredictorObservation

_BESIDE_READY = ("RolloutComplete", "ExperimentDecided", "InputExamplesAnswered", conditions.DRIFT_DETECTED)


def summarise(
    plan: Plan,
    requested: Weights,
    observed: Sequence[PredictorObservation],
    desired: Sequence[Manifest],
    found: Sequence[Condition],
    now: str,
) -> Status:
    """The status of a SeldonDeployment whose `desired` children were applied. `now` is RFC 3339; `found` are the other conditions."""
    before = previous(plan.sdep)
    state = _state(observed, before)
    # A registry that does not answer takes nothing from those who are served already.
    aside = {*_BESIDE_READY, *(("ModelsResolved",) if plan.serves_what_is_written else ())}
    needed = [said for said in found if said.type not in aside]
    said = [*found, conditions.ready(needed)]
    trouble = next((condition.message for condition in said if condition.type == "DeploymentsReady"), "")
    pins = [plan.pins[key] for key in plan.pins]
    return Status(
        state=state,
        description="" if state == "Available" else trouble,
        observed_generation=plan.sdep.metadata.generation,
        replicas=observed[0].entry.replicas if observed else 0,
        selector=f"{labels.DEPLOYMENT_ID}={names.seldon_id(plan)}",
        summary=_summary(plan.weights, observed, pins),
        address=Address(url=_address(plan)),
        predictors=_predictors(plan, requested, observed),
        models=pins,
        deployment_status={
            deployment.name: DeploymentStatus(replicas=deployment.replicas, available_replicas=deployment.available)
            for seen in observed
            for deployment in seen.with_explainer
        },
        service_status=_services(desired),
        conditions=conditions.since(said, before.conditions if before else (), now, plan.sdep.metadata.generation),
    )


def failed(sdep: SeldonDeployment, found: Sequence[Condition], now: str) -> Status:
    """The status of a SeldonDeployment that can not be acted on: its children, routes and pins stay as they were."""
    before = previous(sdep) or Status(state="Failed")
    cause = next(condition for condition in found if condition.status == "False")
    said = [*found, conditions.ready(found), conditions.stalled(cause.reason, cause.message)]
    kept = [condition for condition in before.conditions if condition.type not in {new.type for new in said}]
    return before.model_copy(
        update={
            "state": "Failed",
            "description": cause.message,
            "observed_generation": sdep.metadata.generation,
            "conditions": conditions.since([*said, *kept], before.conditions, now, sdep.metadata.generation),
        }
    )


def previous(sdep: SeldonDeployment) -> Status | None:
    """The status that the object carries, or None where it has none that this operator wrote."""
    stored = (sdep.model_extra or {}).get("status")
    # v1 never wrote observedGeneration, and -1 is the CRD's own default.
    if not isinstance(stored, dict) or stored.get("observedGeneration", -1) < 0:
        return None
    known = {key: value for key, value in stored.items() if key not in {"serviceStatus", "deploymentStatus"}}
    return Status.model_validate(known, by_alias=True, by_name=False)


def _state(observed: Sequence[PredictorObservation], before: Status | None) -> State:
    """Available once everything runs, and for as long as every predictor still answers after that."""
    if all(seen.rolled_out for seen in observed):
        return "Available"
    if any(seen.given_up and not seen.answers for seen in observed):
        return "Failed"
    was_available = before is not None and before.state == "Available"
    return "Available" if was_available and all(seen.answers for seen in observed) else "Creating"


def _summary(weights: Weights, observed: Sequence[PredictorObservation], pins: Sequence[Pin]) -> Summary:
    ready, wanted = sum(seen.available for seen in observed), sum(seen.wanted for seen in observed)
    shares = [f"{name} {share}" for name, share in weights.live.items()]
    shares += [f"{name} mirrors {share}" for name, share in weights.mirror.items()]
    return Summary(ready=f"{ready}/{wanted}", traffic=", ".join(shares), models=", ".join(pin.label for pin in pins))


def _address(plan: Plan) -> str:
    """Where a prediction is asked for from inside the cluster: the first predictor's Service, and the protocol's own path."""
    first = plan.sdep.spec.predictors[0]
    protocol, root = plan.sdep.spec.protocol or "seldon", first.graph.name
    path = PREDICTIONS_PATH
    if protocol == "tensorflow":
        path = f"/v1/models/{root}:predict"
    elif protocol in OPEN_INFERENCE:
        path = f"/v2/models/{root}/infer"
    host = names.service_host(plan, names.predictor_service(plan, first))
    return f"http://{host}:{entry_ports(plan, first)[0]}{path}"


def _predictors(plan: Plan, requested: Weights, observed: Sequence[PredictorObservation]) -> list[PredictorStatus]:
    routed = {**plan.weights.live, **plan.weights.mirror}
    asked = {**requested.live, **requested.mirror}
    return [
        PredictorStatus(
            name=seen.name,
            traffic=routed[seen.name],
            requested_traffic=asked[seen.name],
            shadow=seen.name in plan.weights.mirror,
            replicas=seen.wanted,
            ready_replicas=seen.available,
        )
        for seen in observed
    ]


def _services(desired: Sequence[Manifest]) -> dict[str, ServiceStatus]:
    """Every Service with its endpoints, as v1 listed them."""
    found = {}
    for body in (made.body for made in desired if made.key.kind == "Service"):
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        endpoints = {port["name"]: f"{name}.{namespace}:{port['port']}" for port in body["spec"]["ports"]}
        found[name] = ServiceStatus(svc_name=name, http_endpoint=endpoints["http"], grpc_endpoint=endpoints.get("grpc"))
    return found
