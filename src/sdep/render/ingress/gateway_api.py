"""The Gateway API, for any controller that implements it: HTTPRoutes, and a GRPCRoute where gRPC is served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sdep.api import route_annotations as said
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.plan import Plan
from sdep.render import labels
from sdep.render.ingress.ingress import Ingress, Kind, Shortcoming
from sdep.render.ingress.traffic import GRPC_SERVICES, HeaderMatch, Mirror, Route, Rule, Share, Traffic
from sdep.render.manifest import Manifest

API = "gateway.networking.k8s.io/v1"
HTTP_ROUTE = Kind(API, "HTTPRoute", "httproutes", is_route=True)
GRPC_ROUTE = Kind(API, "GRPCRoute", "grpcroutes", is_route=True)
# By name, as every controller must support; expressions are each controller's own affair.
_METHODS = [{"type": "Exact", "service": service} for service in GRPC_SERVICES]
_ALL = 100


def _render(plan: Plan, traffic: Traffic) -> list[Manifest]:
    https = [_http_route(plan, traffic.host, route) for route in traffic.routes]
    return https + [_grpc_route(plan, traffic.host, route) for route in traffic.routes if route.grpc_headers]


def _shortcomings(sdep: SeldonDeployment) -> Iterator[Shortcoming]:
    sticky = said.sticky(sdep)
    if sticky and sticky.by == "source-ip":
        yield Shortcoming(said.STICKY, "the Gateway API cannot tell clients by address: use cookie or header:<name>")
    if said.retries(sdep):
        yield Shortcoming(said.RETRIES, "has no effect: the Gateway API's standard channel has no retries")
    if sdep.annotation(said.GATEWAY):
        yield Shortcoming(said.GATEWAY, "has no effect: routes attach to the Gateway of the operator's settings")
    for number, predictor in enumerate(sdep.spec.predictors):
        if predictor.ssl and predictor.ssl.cert_secret_name:
            message = "the Gateway API cannot speak TLS without an authority to check: add a BackendTLSPolicy yourself"
            yield Shortcoming(f"spec.predictors[{number}].ssl", message)


def _http_route(plan: Plan, host: str, route: Route) -> Manifest:
    rules = [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": route.prefix}, **_headers(rule.only)}],
            "filters": [_REWRITE, *(_mirror(mirror, mirror.destination.http_port) for mirror in route.mirrors)],
            "backendRefs": _backends(rule, grpc=False),
        }
        for rule in route.rules
    ]
    return _route(plan, HTTP_ROUTE, plan.settings.gateway_api_parent, host, route.name, rules)


def _grpc_route(plan: Plan, host: str, route: Route) -> Manifest:
    parent = plan.settings.gateway_api_grpc_parent or plan.settings.gateway_api_parent
    rules = [
        {
            "matches": [{"method": method, **_headers(*route.grpc_headers, rule.only)} for method in _METHODS],
            "filters": [_mirror(mirror, mirror.destination.grpc_port) for mirror in route.mirrors],
            "backendRefs": _backends(rule, grpc=True),
        }
        for rule in route.rules
        if rule.grpc
    ]
    # A name of its own: istiod merges both kinds and keeps one of two routes that share a name.
    return _route(plan, GRPC_ROUTE, parent, host, f"{route.name}-grpc", rules)


def _route(plan: Plan, kind: Kind, parent: str, host: str, name: str, rules: list[dict[str, Any]]) -> Manifest:
    spec: dict[str, Any] = {"parentRefs": [_parent(parent)]}
    if host != said.ANY_HOST:
        spec["hostnames"] = [host]
    spec["rules"] = [{field: value for field, value in rule.items() if value} for rule in rules]
    metadata = labels.metadata(plan, name, labels.common(plan), plan.settings.gateway_api_annotations)
    return Manifest({"apiVersion": API, "kind": kind.name, "metadata": metadata, "spec": spec})


def _parent(text: str) -> dict[str, str]:
    namespace, name, *listener = text.split("/")
    section = {"sectionName": listener[0]} if listener else {}
    return {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": namespace, "name": name, **section}


def _headers(*matches: HeaderMatch | None) -> dict[str, Any]:
    made = [
        {"type": "RegularExpression" if match.pattern else "Exact", "name": match.name, "value": match.value}
        for match in matches
        if match
    ]
    return {"headers": made} if made else {}


def _backends(rule: Rule, *, grpc: bool) -> list[dict[str, Any]]:
    return [_backend(share, grpc=grpc) for share in rule.shares]


def _backend(share: Share, *, grpc: bool) -> dict[str, Any]:
    to = share.destination
    made = {**_service(to.service, to.grpc_port if grpc else to.http_port), "weight": share.weight}
    if share.cookie and not grpc:
        added = {"add": [{"name": "Set-Cookie", "value": share.cookie}]}
        made["filters"] = [{"type": "ResponseHeaderModifier", "responseHeaderModifier": added}]
    return made


def _mirror(mirror: Mirror, port: int) -> dict[str, Any]:
    request: dict[str, Any] = {"backendRef": _service(mirror.destination.service, port)}
    if mirror.percent != _ALL:
        request["percent"] = mirror.percent
    return {"type": "RequestMirror", "requestMirror": request}


def _service(name: str, port: int) -> dict[str, Any]:
    return {"group": "", "kind": "Service", "name": name, "port": port}


_REWRITE = {
    "type": "URLRewrite",
    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
}

GATEWAY_API = Ingress((HTTP_ROUTE, GRPC_ROUTE), _render, _shortcomings)
