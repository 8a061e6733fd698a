"""Which children that are no longer wanted may go now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sdep.render import labels
from sdep.render.ingress import ROUTES
from sdep.render.variables import predictor_of
from sdep.status.observation import PredictorObservation, deployment_of

Body = Mapping[str, Any]


def removable(
    stale: Iterable[Body], observed: Iterable[PredictorObservation], routed: Collection[str] = ()
) -> list[Body]:
    """All but the pods and Services of a predictor whose new pods are not all there yet: until then the old ones answer for it.

    Services that are `routed`, by name, stay.
    """
    bodies = [body for body in stale if not (body["kind"] == "Service" and body["metadata"]["name"] in routed)]
    waiting = {seen.name for seen in observed if not seen.rolled_out}
    kept = [body for body in bodies if body["kind"] == "Deployment" and predictor_of(body) in waiting]
    serving = {labels.app(body["spec"]["template"]["metadata"]) for body in kept} - {""}
    return [
        body
        for body in bodies
        if body not in kept and not (body["kind"] == "Service" and labels.app(body["metadata"]) in serving)
    ]


def next_to_go(removable: Sequence[Body]) -> Sequence[Body]:
    """Routes before what they name: a gateway that has not been told sends requests there yet."""
    return [body for body in removable if body["kind"] in ROUTES] or removable


def may_make_way(observed: Iterable[PredictorObservation]) -> set[str]:
    """The Deployments that may be replaced now: a predictor's entry always, its others once another entry answers for them."""
    return {
        deployment.name
        for seen in observed
        for deployment in seen.with_explainer
        if seen.entry.available or deployment is seen.entry
    }


def has_strays(observed: Iterable[PredictorObservation], pods: Iterable[Body]) -> bool:
    """Whether a Deployment has all its pods and there are more under its name: those that a Deployment left that made way."""
    counted = Counter(deployment_of(pod) for pod in pods if not pod["metadata"].get("deletionTimestamp"))
    return any(
        deployment.rolled_out and counted[deployment.name] > deployment.wanted
        for seen in observed
        for deployment in seen.with_explainer
    )
