"""One function a condition: each gives a type, a status, a stable reason and a sentence."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal

from sdep.api.drift_status import DriftStatus
from sdep.api.experiment_status import ExperimentStatus
from sdep.api.status import Condition, RolloutStatus
from sdep.api.validation import Problem
from sdep.drift.window import COLLECTING, DETECTED, NO_REFERENCE
from sdep.errors import SdepError
from sdep.plan import Weights
from sdep.render.manifest import Key
from sdep.status.observation import DeploymentObservation, PredictorObservation

TrueFalse = Literal["True", "False", "Unknown"]
DRIFT_DETECTED = "DriftDetected"
BAD_WHEN_TRUE = frozenset({"Stalled", DRIFT_DETECTED})
"""Conditions that are well when they are False, or absent."""
_Seen = PredictorObservation | DeploymentObservation


def _condition(kind: str, holds: bool, reason: str, message: str = "") -> Condition:  # noqa: FBT001 - reads as the field does
    return Condition(type=kind, status="True" if holds else "False", reason=reason, message=message)


def spec_valid(problems: Sequence[Problem]) -> Condition:
    """False where the manifest must change; True with a message where parts of it have no effect."""
    errors = [problem for problem in problems if problem.severity == "error"]
    said = "; ".join(str(problem) for problem in errors or problems)
    if not problems:
        return _condition("SpecValid", holds=True, reason="Valid")
    return _condition("SpecValid", holds=not errors, reason=(errors or problems)[0].reason, message=said)


def models_resolved(faults: Mapping[str, tuple[str, str]]) -> Condition:
    """`faults` holds (reason, message) by unit, for each reference that the registry did not answer."""
    if not faults:
        return _condition("ModelsResolved", holds=True, reason="Resolved")
    reason = next(iter(faults.values()))[0]
    message = "; ".join(f"{unit}: {message}" for unit, (_, message) in faults.items())
    return _condition("ModelsResolved", holds=False, reason=reason, message=message)


def children_applied(refused: Sequence[SdepError]) -> Condition:
    """False where the API server refused a child, or somebody else's object has its name."""
    if not refused:
        return _condition("ChildrenApplied", holds=True, reason="Applied")
    message = "; ".join(error.message for error in refused)
    return _condition("ChildrenApplied", holds=False, reason=refused[0].reason, message=message)


def deployments_ready(observed: Iterable[PredictorObservation]) -> Condition:
    """Every predictor runs the pods that it was asked for, all of them new."""
    return _condition(
        "DeploymentsReady", *_pods_ready("predictor", [(predictor.name, predictor) for predictor in observed])
    )


def explainers_ready(observed: Iterable[PredictorObservation]) -> list[Condition]:
    """Absent where nothing is explained. A predictor answers whatever its explainer lacks."""
    explainers = [(predictor.name, predictor.explainer) for predictor in observed if predictor.explainer]
    if not explainers:
        return []
    return [_condition("ExplainersReady", *_pods_ready("the explainer of predictor", explainers))]


def _pods_ready(what: str, seen: Iterable[tuple[str, _Seen]]) -> tuple[bool, str, str]:
    """Whether all of them run the pods asked for, all new; reason and message."""
    behind = [(name, one) for name, one in seen if not one.rolled_out]
    if not behind:
        return True, "MinimumReplicasAvailable", ""
    stopped = next(((name, one.trouble) for name, one in behind if one.trouble), None)
    if stopped:
        name, trouble = stopped
        return False, trouble.reason, f"{what} {name}: {trouble.message}"
    waiting = ", ".join(f"{name} {one.available}/{one.wanted}" for name, one in behind)
    reason = "ProgressDeadlineExceeded" if any(one.given_up for _, one in behind) else "Progressing"
    return False, reason, f"waiting for pods: {waiting}"


def environments_ready(observed: Iterable[PredictorObservation]) -> list[Condition]:
    """Absent while every model agrees with the image; one that differs and is served all the same is no reason not to be ready."""
    said = [(predictor.name, report) for predictor in observed for report in predictor.reports]
    if not said:
        return []
    differs = [(name, report) for name, report in said if report.reason == "EnvironmentDiffers"]
    message = "; ".join(f"predictor {name}: {report.message}" for name, report in differs or said)
    return [_condition("EnvironmentsReady", holds=True, reason=(differs or said)[0][1].reason, message=message)]


def input_examples_answered(failed: Mapping[str, str] | None, before: Iterable[Condition]) -> list[Condition]:
    """Absent while every model answers its own. One that does not may serve what clients really send, so it is no part of Ready.

    `failed` says why, by predictor; while that is None, what was said before stays.
    """
    if failed is None:
        return [condition for condition in before if condition.type == "InputExamplesAnswered"]
    if not failed:
        return []
    message = "; ".join(f"predictor {name}: {why}" for name, why in failed.items())
    return [_condition("InputExamplesAnswered", holds=False, reason="InputExampleFailed", message=message)]


def children_ready(desired: Iterable[Key], live: Container[Key]) -> list[Condition]:
    """v1's condition for each kind of child beside Deployments and routes: whether all that are wanted are there."""
    wanted = list(desired)
    return [_of_kind(condition, kind, wanted, live) for condition, kind in _KINDS.items()]


_KINDS = {
    "ServicesReady": "Service",
    "HpasReady": "HorizontalPodAutoscaler",
    "KedaReady": "ScaledObject",
    "PdbsReady": "PodDisruptionBudget",
}


def _of_kind(condition: str, kind: str, desired: Iterable[Key], live: Container[Key]) -> Condition:
    wanted = [key for key in desired if key.kind == kind]
    missing = [key.name for key in wanted if key not in live]
    if missing:
        return _condition(
            condition, holds=False, reason="NotCreated", message=f"{kind} not there: {', '.join(missing)}"
        )
    return _condition(condition, holds=True, reason="AllCreated" if wanted else "NoneDefined")


def routes_ready(faults: Sequence[str], *, ingress: str) -> Condition:
    """v1's condition, whatever the ingress is; `faults` says what is not there or not accepted."""
    if faults:
        return _condition("istioVirtualServicesReady", holds=False, reason="RoutesNotReady", message="; ".join(faults))
    reason = "NoIngress" if ingress == "none" else "AllRoutesReady"
    return _condition("istioVirtualServicesReady", holds=True, reason=reason)


def traffic_as_requested(requested: Weights, routed: Weights, *, adjusted: bool) -> Condition:
    """False while a share is held back from a predictor that can not answer; True with a message where weights were completed."""
    if requested != routed:
        shares = ", ".join(f"{name} {share} instead of {requested.live[name]}" for name, share in routed.live.items())
        return _condition(
            "TrafficAsRequested", holds=False, reason="PredictorNotReady", message=f"routed in percent: {shares}"
        )
    if adjusted:
        shares = ", ".join(f"{name} {share}" for name, share in routed.live.items())
        message = f"the weights in the manifest do not sum to 100: routed in percent: {shares}"
        return _condition("TrafficAsRequested", holds=True, reason="WeightsCompleted", message=message)
    return _condition("TrafficAsRequested", holds=True, reason="AsWritten")


def ready(others: Iterable[Condition]) -> Condition:
    """The one to wait for: the first other that is False gives its reason."""
    failing = next((condition for condition in others if condition.status == "False"), None)
    if failing:
        return _condition("Ready", holds=False, reason=failing.reason, message=failing.message)
    return _condition("Ready", holds=True, reason="Ready")


def stalled(reason: str, message: str) -> Condition:
    return _condition("Stalled", holds=True, reason=reason, message=message)


def since(conditions: Iterable[Condition], before: Iterable[Condition], now: str, generation: int) -> list[Condition]:
    """The conditions with the time at which each took its status, sorted by type as v1 stored them."""
    known = {condition.type: condition for condition in before}
    timed = []
    for condition in conditions:
        old = known.get(condition.type)
        same = old is not None and old.status == condition.status
        changed_at = old.last_transition_time if same and old else now
        timed.append(
            condition.model_copy(update={"last_transition_time": changed_at, "observed_generation": generation})
        )
    return sorted(timed, key=lambda condition: condition.type)


def rollout_complete(rollout: RolloutStatus | None, *, wanted: bool) -> list[Condition]:
    """Absent where no rollout is asked for. It is no part of Ready: while a canary is on trial, everything is as asked."""
    if not wanted:
        return []
    if rollout is None:
        return [_condition("RolloutComplete", holds=True, reason="NothingOnTrial")]
    done = rollout.phase == "Promoted" and rollout.reason == "Promoted"
    return [_condition("RolloutComplete", holds=done, reason=rollout.reason, message=rollout.message)]


def drift_detected(found: Iterable[DriftStatus]) -> list[Condition]:
    """Absent where nothing is watched. True is what is bad, and no part of Ready: predictions are answered all the same."""
    states = list(found)
    if not states:
        return []
    drifted = [state for state in states if state.reason in DETECTED]
    unknown = [state for state in states if state.reason == NO_REFERENCE]
    said = drifted or unknown or [state for state in states if state.reason == COLLECTING] or states
    message = "; ".join(f"predictor {state.predictor}: {state.message}" for state in said)
    told = _condition("DriftDetected", holds=bool(drifted), reason=said[0].reason, message=message)
    return [told.model_copy(update={"status": "Unknown"}) if unknown and not drifted else told]


def experiment_decided(experiment: ExperimentStatus | None) -> list[Condition]:
    """Absent where there is no experiment. It is no part of Ready: predictors answer whichever of them is better."""
    if experiment is None:
        return []
    done = bool(experiment.winner)
    return [_condition("ExperimentDecided", holds=done, reason=experiment.reason, message=experiment.message)]
