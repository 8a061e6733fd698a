"""Istio: a VirtualService a route and a DestinationRule a Service, in the shape that Seldon Core v1 gave them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sdep.api import route_annotations as said
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.plan import Plan
from sdep.render import labels
from sdep.render.ingress.ingress import Ingress, Kind, Shortcoming
from sdep.render.ingress.traffic import GRPC_PACKAGES, Destination, HeaderMatch, Mirror, Route, Rule, Share, Traffic
from sdep.render.manifest import Manifest

API = "networking.istio.io/v1"
DESTINATION_RULE = Kind(API, "DestinationRule", "destinationrules", is_route=False)
VIRTUAL_SERVICE = Kind(API, "VirtualService", "virtualservices", is_route=True)
_GRPC_URI = {"regex": "|".join(f".*{word}.*" for word in GRPC_PACKAGES)}
_KNOWN_UNVERIFIED = {"galley.istio.io/analyze-suppress": "IST0128"}
"""`istioctl analyze` need not say that the certificate is not checked: there is nothing to check it against."""
_RETRY_ON = "gateway-error,connect-failure,refused-stream"


def _render(plan: Plan, traffic: Traffic) -> list[Manifest]:
    rules = [_destination_rule(plan, to) for to in traffic.destinations]
    return [*rules, *(_virtual_service(plan, traffic.host, route) for route in traffic.routes)]


def _shortcomings(sdep: SeldonDeployment) -> Iterator[Shortcoming]:
    sticky = said.sticky(sdep)
    live = [predictor for predictor in sdep.spec.predictors if not predictor.shadow]
    if sticky and sticky.by == "source-ip" and len(live) > 1:
        message = "Istio keeps an address on one pod of a predictor, not on one predictor: use cookie or header:<name>"
        yield Shortcoming(said.STICKY, message)


def _destination_rule(plan: Plan, to: Destination) -> Manifest:
    spec: dict[str, Any] = {
        "host": to.host,
        "subsets": [{"name": to.subset, "labels": {"version": to.version}}],
    }
    if policy := _traffic_policy(plan, to):
        spec["trafficPolicy"] = policy
    metadata = labels.metadata(plan, to.service, labels.common(plan), _KNOWN_UNVERIFIED if to.tls else None)
    return Manifest({"apiVersion": API, "kind": DESTINATION_RULE.name, "metadata": metadata, "spec": spec})


def _traffic_policy(plan: Plan, to: Destination) -> dict[str, Any]:
    policy: dict[str, Any] = {} if to.explains else {"connectionPool": {"http": {"idleTimeout": "60s"}}}
    if to.tls:
        # The manifest names a certificate and no authority to check it against.
        policy["tls"] = {"mode": "SIMPLE", "insecureSkipVerify": True}
    elif plan.settings.istio_tls_mode:
        policy["tls"] = {"mode": plan.settings.istio_tls_mode}
    if to.pod_by_source_ip:
        policy["loadBalancer"] = {"consistentHash": {"useSourceIp": True}}
    return policy


def _virtual_service(plan: Plan, host: str, route: Route) -> Manifest:
    rest = [_rest(route, rule) for rule in route.rules]
    grpc = [_grpc(route, rule) for rule in route.rules if rule.grpc and route.grpc_headers]
    spec = {
        "hosts": [host],
        "gateways": [plan.sdep.annotation(said.GATEWAY) or plan.settings.istio_gateway],
        "http": rest + grpc,
    }
    metadata = labels.metadata(plan, route.name, labels.common(plan))
    return Manifest({"apiVersion": API, "kind": VIRTUAL_SERVICE.name, "metadata": metadata, "spec": spec})


def _rest(route: Route, rule: Rule) -> dict[str, Any]:
    match: dict[str, Any] = {"uri": {"prefix": route.prefix}}
    if rule.only:
        match["headers"] = _headers(rule.only)
    return {
        "match": [match],
        "rewrite": {"uri": "/"},
        "route": [_share(share, share.destination.http_port) for share in rule.shares],
        **_mirrors([(mirror, mirror.destination.http_port) for mirror in route.mirrors]),
        **_retries(route),
    }


def _grpc(route: Route, rule: Rule) -> dict[str, Any]:
    headers = (*route.grpc_headers, *([rule.only] if rule.only else []))
    return {
        "match": [{"uri": _GRPC_URI, "headers": _headers(*headers)}],
        "route": [_share(share, share.destination.grpc_port) for share in rule.shares],
        **_mirrors([(mirror, mirror.destination.grpc_port) for mirror in route.mirrors]),
        **_retries(route),
    }


def _headers(*matches: HeaderMatch) -> dict[str, Any]:
    return {match.name: {"regex" if match.pattern else "exact": match.value} for match in matches}


def _share(share: Share, port: int) -> dict[str, Any]:
    made: dict[str, Any] = {"destination": _to(share.destination, port), "weight": share.weight}
    if share.cookie:
        made["headers"] = {"response": {"add": {"set-cookie": share.cookie}}}
    return made


def _to(destination: Destination, port: int) -> dict[str, Any]:
    return {"host": destination.host, "subset": destination.subset, "port": {"number": port}}


def _mirrors(mirrors: list[tuple[Mirror, int]]) -> dict[str, Any]:
    """One shadow is written as v1 wrote it; several need Istio's newer list."""
    made = [(_to(mirror.destination, port), {"value": mirror.percent}) for mirror, port in mirrors]
    if len(made) == 1:
        return {"mirror": made[0][0], "mirrorPercentage": made[0][1]}
    return {"mirrors": [{"destination": to, "percentage": share} for to, share in made]} if made else {}


def _retries(route: Route) -> dict[str, Any]:
    if not route.retries:
        return {}
    timeout = f"{route.retries.seconds}s"
    return {"retries": {"attempts": route.retries.attempts, "perTryTimeout": timeout, "retryOn": _RETRY_ON}}


ISTIO = Ingress((DESTINATION_RULE, VIRTUAL_SERVICE), _render, _shortcomings)
