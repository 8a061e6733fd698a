"""Where children are not what Seldon Core v1 makes, and why: every difference has its reason here, or is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.contract.shape import Shape, Shapes


class Difference(NamedTuple):
    """`field` is "" where one side has no such child."""

    kind: str
    name: str
    field: str
    ours: Any
    v1s: Any


class Reason(NamedTuple):
    """`holds` looks closer: a difference that merely touches the same field is not explained by it."""

    kind: str
    field: str
    why: str
    holds: Callable[[Difference], bool]


def differences(ours: Shapes, v1s: Shapes) -> Iterator[Difference]:
    """Labels beside v1's are no difference: nothing that selects v1's pods misses ours."""
    for key in sorted(ours.keys() | v1s.keys()):
        here, there = ours.get(key), v1s.get(key)
        if here is None or there is None:
            yield Difference(*key, "", here, there)
            continue
        for field in sorted(here.keys() | there.keys()):
            mine, theirs = here.get(field), there.get(field)
            if field == "labels" and theirs.items() <= mine.items():
                continue
            if mine != theirs:
                yield Difference(*key, field, mine, theirs)


def reason_of(difference: Difference) -> str | None:
    """Why it is better so; None where nobody has thought of it."""
    return next(
        (
            reason.why
            for reason in REASONS
            if (reason.kind, reason.field) == (difference.kind, difference.field) and reason.holds(difference)
        ),
        None,
    )


def _narrower(found: Difference) -> bool:
    """Selects by all that v1 selects by, and more."""
    return bool(_labels(found.v1s).items() < _labels(found.ours).items())


def _labels(selector: Shape) -> dict[str, str]:
    return dict(selector.get("matchLabels", selector))


def _of_orchestrator(found: Difference) -> bool:
    """Differs in nothing but the label with the SeldonDeployment's name, which v1 gives the Service's."""
    key = "seldon-deployment-id"
    rest = {name: value for name, value in found.v1s.items() if name != key}
    return found.v1s[key] == found.v1s["seldon-app"] and rest.items() <= found.ours.items()


def _qualified(found: Difference) -> bool:
    return bool(found.ours.partition(".")[0] == found.v1s and found.ours.endswith(".svc.cluster.local"))


def _routes_qualified(found: Difference) -> bool:
    def short(routes: list[Shape]) -> list[Shape]:
        return [{(host.partition(".")[0], *rest): share for (host, *rest), share in route.items()} for route in routes]

    return found.name.endswith("-explainer-http") and short(found.ours) == short(found.v1s)


REASONS = (
    Reason(
        "Deployment",
        "selector",
        "v1's explainer selects all pods of the SeldonDeployment; here its own alone",
        lambda found: found.name.endswith("-explainer") and _narrower(found),
    ),
    Reason(
        "Deployment",
        "selector",
        "v1 labels the separate engine `seldon-deployment-id` with its Service's name; here with the SeldonDeployment's, as all others",
        lambda found: found.name.endswith("-svc-orch") and _of_orchestrator(found),
    ),
    Reason(
        "Deployment",
        "labels",
        "v1 labels the separate engine `seldon-deployment-id` with its Service's name; here with the SeldonDeployment's, as all others",
        lambda found: found.name.endswith("-svc-orch") and _of_orchestrator(found),
    ),
    Reason(
        "PodDisruptionBudget",
        "selector",
        "v1 counts all pods of the SeldonDeployment, so that two budgets overlap and evictions are refused; here those of its Deployment",
        _narrower,
    ),
    Reason(
        "DestinationRule",
        "host",
        "v1 writes an explainer's short host, which Istio reads in the namespace of the rule's reader; here the full name",
        _qualified,
    ),
    Reason(
        "VirtualService",
        "routes",
        "v1 writes an explainer's short host, which Istio reads in the namespace of the rule's reader; here the full name",
        _routes_qualified,
    ),
    Reason(
        "DestinationRule",
        "tls",
        "v1 sends plain HTTP to a predictor with `ssl`, which answers TLS alone; here the gateway speaks TLS to it",
        lambda found: (found.ours, found.v1s) == ("SIMPLE", ""),
    ),
    Reason(
        "DestinationRule",
        "subsets",
        "v1's subset looks for the predictor's `version` label even where a component's own replaces it on the pods, and finds none",
        lambda found: found.ours.keys() == found.v1s.keys(),
    ),
    Reason(
        "Deployment",
        "",
        "v1 has no pod to put the engine in where no unit has a container, and fails; here the engine has one of its own",
        lambda found: found.v1s is None and found.ours["engine"],
    ),
)
