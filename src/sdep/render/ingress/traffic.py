"""Where requests go, said once for every kind of ingress."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sdep.api import route_annotations as said
from sdep.api.explainer import Explainer
from sdep.api.predictor import Predictor
from sdep.plan import Plan
from sdep.render import labels, names, tls
from sdep.render.explainer_port import port
from sdep.render.ingress import stickiness
from sdep.render.service import entry_ports

GRPC_PACKAGES = ("tensorflow", "seldon.protos", "inference")
"""What v1 looks for in the path of a prediction over gRPC."""

GRPC_SERVICES = (
    "seldon.protos.Seldon",
    "inference.GRPCInferenceService",
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.ModelService",
)
"""The services of those packages that a predictor serves."""


@dataclass(frozen=True)
class Destination:
    """A Service that requests may go to. `grpc_port` is 0 where it has none."""

    service: str
    host: str
    subset: str
    version: str
    http_port: int
    grpc_port: int
    tls: bool = False
    pod_by_source_ip: bool = False
    explains: bool = False


@dataclass(frozen=True)
class Share:
    destination: Destination
    weight: int
    cookie: str = ""
    """Set on the answer, so that the client comes back here."""


@dataclass(frozen=True)
class Mirror:
    destination: Destination
    percent: int


@dataclass(frozen=True)
class HeaderMatch:
    """`value` is the whole value, or with `pattern` an expression that matches the whole of it."""

    name: str
    value: str
    pattern: bool = False


@dataclass(frozen=True)
class Rule:
    """Where the requests go that carry a header, or where all others go. gRPC clients keep no cookies."""

    shares: tuple[Share, ...]
    only: HeaderMatch | None = None
    grpc: bool = True


@dataclass(frozen=True)
class Route:
    """One path with everything below it. The first rule that holds counts."""

    name: str
    prefix: str
    rules: tuple[Rule, ...]
    mirrors: tuple[Mirror, ...] = ()
    retries: said.Retries | None = None
    grpc_headers: tuple[HeaderMatch, ...] = ()
    """What a gRPC request carries instead of the path; none where nothing is served over gRPC."""


@dataclass(frozen=True)
class Traffic:
    host: str
    destinations: tuple[Destination, ...]
    routes: tuple[Route, ...]


def traffic(plan: Plan) -> Traffic:
    predictors = {
        predictor.name: _destination(plan, predictor, names.predictor_service(plan, predictor))
        for predictor in plan.predictors
    }
    former = [
        _destination(plan, predictor, plan.former_services[predictor.name])
        for predictor in plan.predictors
        if predictor.name in plan.former_services
    ]
    routed = predictors | {to.subset: to for to in former}
    explainers = {
        predictor.name: _explainer(plan, predictor, predictor.explainer)
        for predictor in plan.predictors
        if predictor.explainer and plan.explained(predictor)
    }
    routes = [_explainer_route(plan, name, to) for name, to in explainers.items()]
    if main := _main_route(plan, routed):
        routes.insert(0, main)
    # Those that routes will name soon are told of already: a gateway needs a moment.
    return Traffic(said.host(plan.sdep), (*former, *predictors.values(), *explainers.values()), tuple(routes))


def _destination(plan: Plan, predictor: Predictor, service: str) -> Destination:
    sticky = said.sticky(plan.sdep)
    http_port, grpc_port = entry_ports(plan, predictor)
    return Destination(
        service=service,
        host=names.service_host(plan, service),
        subset=predictor.name,
        version=_version(plan, predictor),
        http_port=http_port,
        grpc_port=grpc_port,
        tls=tls.encrypted(plan.sdep, predictor),
        pod_by_source_ip=sticky is not None and sticky.by == "source-ip",
    )


def _explainer(plan: Plan, predictor: Predictor, spec: Explainer) -> Destination:
    service = names.explainer(plan, predictor)
    return Destination(
        service=service,
        host=names.service_host(plan, service),
        subset=predictor.name,
        version=(predictor.labels or {})["version"],
        http_port=port(spec),
        grpc_port=0,
        explains=True,
    )


def _version(plan: Plan, predictor: Predictor) -> str:
    """What the pods carry that answer: a component's own label may say otherwise than its predictor's."""
    return labels.pod(plan, predictor, plan.layouts[predictor.name].entry)["version"]


def _main_route(plan: Plan, to: dict[str, Destination]) -> Route | None:
    """None where no predictor that is given traffic can be made."""
    prefix = f"/seldon/{plan.namespace}/{plan.name}/"
    sticky = said.sticky(plan.sdep)
    # A destination of weight 0 is left out: it may not be there yet, or no longer.
    weights = {name: weight for name, weight in plan.weights.live.items() if weight and name in to}
    if not weights:
        return None
    remembered = sticky is not None and sticky.by == "cookie" and len(weights) > 1
    everybody = Rule(
        tuple(
            Share(to[name], weight, stickiness.set_cookie(name, prefix) if remembered else "")
            for name, weight in weights.items()
        )
    )
    rules = (*_named_rules(plan, to), *_sticky_rules(sticky, weights, to), everybody)
    mirrors = (Mirror(to[name], percent) for name, percent in plan.weights.mirror.items() if percent and name in to)
    addressed = (HeaderMatch("seldon", plan.name), HeaderMatch("namespace", plan.namespace))
    return Route(names.seldon_id(plan), prefix, rules, tuple(mirrors), said.retries(plan.sdep), addressed)


def _named_rules(plan: Plan, to: dict[str, Destination]) -> Iterator[Rule]:
    """A request that names a predictor goes there whatever its weight; a shadow answers nobody, named or not."""
    header = said.route_header(plan.sdep)
    if header:
        for name in plan.weights.live:
            if name in to:
                yield Rule((Share(to[name], 100),), HeaderMatch(header, name))


def _sticky_rules(sticky: said.Sticky | None, weights: dict[str, int], to: dict[str, Destination]) -> Iterator[Rule]:
    """Nothing where one predictor has all the traffic anyway."""
    if sticky is None or len(weights) == 1:
        return
    if sticky.by == "cookie":
        for name in weights:
            match = HeaderMatch("cookie", stickiness.cookie_pattern(name), pattern=True)
            yield Rule((Share(to[name], 100),), match, grpc=False)
    if sticky.by == "header":
        for name, pattern in stickiness.identifier_patterns(weights):
            yield Rule((Share(to[name], 100),), HeaderMatch(sticky.header, pattern, pattern=True))


def _explainer_route(plan: Plan, predictor: str, to: Destination) -> Route:
    prefix = f"/seldon/{plan.namespace}/{plan.name}-explainer/{predictor}/"
    return Route(f"{to.service}-http", prefix, (Rule((Share(to, 100),)),))
