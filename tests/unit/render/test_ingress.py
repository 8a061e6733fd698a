"""Where requests go, and how each ingress says it."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.problem import Problem
from sdep.api.rules_ingress import problems_of
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.plan import Plan
from sdep.render.ingress import _INGRESSES, chosen, kinds_in_use, routes, shortcomings
from sdep.render.manifest import Key
from sdep.rollout.weights import requested
from sdep.settings import IngressName, OperatorSettings
from sdep.status.routes import routes_ready

GRAPH = {"name": "model", "implementation": "SIMPLE_MODEL"}
RETRY_ON = "gateway-error,connect-failure,refused-stream"


def sdep(
    *predictors: dict[str, Any], annotations: dict[str, str] | None = None, name: str = "price"
) -> SeldonDeployment:
    written = [{"graph": GRAPH, **predictor} for predictor in predictors]
    metadata = {"name": name, "namespace": "shop", "annotations": annotations or {}}
    body = {"apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment", "metadata": metadata}
    return with_defaults(parse({**body, "spec": {"predictors": written}}))


def settings(**more: object) -> OperatorSettings:
    return OperatorSettings.model_validate({"runtime_image": "runtime", **more})


def rendered(given: SeldonDeployment, **more: object) -> dict[tuple[str, str], dict[str, Any]]:
    plan = Plan(given, {}, requested(given.spec.predictors), settings(**more))
    return {(made.key.kind, made.key.name): made.body for made in routes(plan)}


AB = ({"name": "main", "traffic": 80}, {"name": "canary", "traffic": 20})


def test_a_virtual_service_has_v1s_two_routes_with_the_same_weights() -> None:
    def to(predictor: str, port: int, weight: int) -> dict[str, Any]:
        host = f"price-{predictor}.shop.svc.cluster.local"
        return {"destination": {"host": host, "subset": predictor, "port": {"number": port}}, "weight": weight}

    spec = rendered(sdep(*AB))["VirtualService", "price"]["spec"]
    assert spec == {
        "hosts": ["*"],
        "gateways": ["istio-system/seldon-gateway"],
        "http": [
            {
                "match": [{"uri": {"prefix": "/seldon/shop/price/"}}],
                "rewrite": {"uri": "/"},
                "route": [to("main", 8000, 80), to("canary", 8000, 20)],
            },
            {
                "match": [
                    {
                        "uri": {"regex": ".*tensorflow.*|.*seldon.protos.*|.*inference.*"},
                        "headers": {"seldon": {"exact": "price"}, "namespace": {"exact": "shop"}},
                    }
                ],
                "route": [to("main", 5001, 80), to("canary", 5001, 20)],
            },
        ],
    }


def test_v1s_annotations_choose_host_gateway_and_retries() -> None:
    annotations = {
        "seldon.io/istio-host": "models.example.com",
        "seldon.io/istio-gateway": "edge/public",
        "seldon.io/istio-retries": "3",
        "seldon.io/istio-retries-timeout": "2",
    }
    spec = rendered(sdep({"name": "only"}, annotations=annotations))["VirtualService", "price"]["spec"]
    assert (spec["hosts"], spec["gateways"]) == (["models.example.com"], ["edge/public"])
    retries = {"attempts": 3, "perTryTimeout": "2s", "retryOn": RETRY_ON}
    assert [route["retries"] for route in spec["http"]] == [retries, retries]


def test_a_shadow_gets_its_percentage_of_both_routes_and_several_are_a_list() -> None:
    one = rendered(sdep({"name": "main"}, {"name": "s", "shadow": True, "traffic": 20}))["VirtualService", "price"]
    assert [route["mirrorPercentage"] for route in one["spec"]["http"]] == [{"value": 20}] * 2
    assert [route["mirror"]["port"]["number"] for route in one["spec"]["http"]] == [8000, 5001]
    shadows = ({"name": name, "shadow": True} for name in ("s", "t"))
    two = rendered(sdep({"name": "main"}, *shadows))["VirtualService", "price"]["spec"]["http"][0]
    assert [mirror["destination"]["subset"] for mirror in two["mirrors"]] == ["s", "t"]


def test_a_destination_rule_keeps_v1s_idle_timeout_beside_the_tls_mode() -> None:
    rule = rendered(sdep({"name": "only"}), istio_tls_mode="ISTIO_MUTUAL")["DestinationRule", "price-only"]
    assert rule["spec"] == {
        "host": "price-only.shop.svc.cluster.local",
        "subsets": [{"name": "only", "labels": {"version": "only"}}],
        "trafficPolicy": {"connectionPool": {"http": {"idleTimeout": "60s"}}, "tls": {"mode": "ISTIO_MUTUAL"}},
    }


def test_a_predictor_with_a_certificate_is_spoken_to_over_tls() -> None:
    rules = rendered(sdep({"name": "only", "ssl": {"certSecretName": "cert"}}), istio_tls_mode="DISABLE")
    policy = rules["DestinationRule", "price-only"]["spec"]["trafficPolicy"]
    assert policy["tls"] == {"mode": "SIMPLE", "insecureSkipVerify": True}


def test_an_explainer_has_a_route_and_a_rule_of_its_own_under_v1s_names() -> None:
    explained = sdep(
        {"name": "main", "explainer": {"type": "AnchorTabular", "containerSpec": {"name": "e", "image": "alibi"}}}
    )
    made = rendered(explained)
    (route,) = made["VirtualService", "price-main-explainer-http"]["spec"]["http"]
    assert route["match"] == [{"uri": {"prefix": "/seldon/shop/price-explainer/main/"}}]
    host = "price-main-explainer.shop.svc.cluster.local"
    assert route["route"][0]["destination"] == {"host": host, "subset": "main", "port": {"number": 9000}}
    assert "trafficPolicy" not in made["DestinationRule", "price-main-explainer"]["spec"]
    paths = [
        rule["matches"][0]["path"]["value"]
        for (kind, _), body in rendered(explained, ingress="gateway-api").items()
        if kind == "HTTPRoute"
        for rule in body["spec"]["rules"]
    ]
    assert paths == ["/seldon/shop/price/", "/seldon/shop/price-explainer/main/"]


def test_no_route_is_made_while_no_predictor_that_gets_traffic_can_be_made() -> None:
    given = sdep(
        {"name": "main", "graph": {"name": "m", "implementation": "SKLEARN_SERVER", "modelUri": "models:/m/1"}}
    )
    assert rendered(given) == {}


def test_named_predictors_come_before_sticky_clients_and_those_before_everybody() -> None:
    annotations = {"sdep.io/header-routing": "true", "sdep.io/sticky": "cookie"}
    spec = rendered(sdep(*AB, annotations=annotations))["VirtualService", "price"]["spec"]
    rest = [route for route in spec["http"] if "prefix" in route["match"][0]["uri"]]
    wanted = [list(route["match"][0].get("headers", {})) for route in rest]
    assert wanted == [["x-sdep-predictor"]] * 2 + [["cookie"]] * 2 + [[]]
    grpc = [list(route["match"][0]["headers"]) for route in spec["http"] if "regex" in route["match"][0]["uri"]]
    assert grpc == [["seldon", "namespace", "x-sdep-predictor"]] * 2 + [["seldon", "namespace"]]
    cookies = [share["headers"]["response"]["add"]["set-cookie"] for share in rest[-1]["route"]]
    assert cookies == [
        f"sdep-predictor={name}; Path=/seldon/shop/price/; HttpOnly; SameSite=Lax" for name in ("main", "canary")
    ]


def test_a_client_is_not_asked_to_remember_the_only_predictor() -> None:
    spec = rendered(sdep({"name": "only"}, annotations={"sdep.io/sticky": "cookie"}))["VirtualService", "price"]["spec"]
    assert "cookie" not in str(spec)


def test_a_source_address_is_kept_on_one_pod_where_istio_can_do_no_more() -> None:
    rule = rendered(sdep({"name": "only"}, annotations={"sdep.io/sticky": "source-ip"}))[
        "DestinationRule", "price-only"
    ]
    assert rule["spec"]["trafficPolicy"]["loadBalancer"] == {"consistentHash": {"useSourceIp": True}}


def test_an_http_route_says_the_same_with_weights_a_mirror_and_a_rewrite() -> None:
    given = sdep(
        *AB, {"name": "s", "shadow": True, "traffic": 20}, annotations={"seldon.io/istio-host": "m.example.com"}
    )
    body = rendered(given, ingress="gateway-api", gateway_api_parent="edge/public/http")["HTTPRoute", "price"]
    (rule,) = body["spec"]["rules"]
    assert body["spec"]["hostnames"] == ["m.example.com"]
    assert body["spec"]["parentRefs"] == [
        {
            "group": "gateway.networking.k8s.io",
            "kind": "Gateway",
            "namespace": "edge",
            "name": "public",
            "sectionName": "http",
        }
    ]
    assert [(backend["name"], backend["port"], backend["weight"]) for backend in rule["backendRefs"]] == [
        ("price-main", 8000, 80),
        ("price-canary", 8000, 20),
    ]
    rewrite, mirror = rule["filters"]
    assert rewrite["urlRewrite"] == {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
    assert mirror["requestMirror"]["percent"] == 20


def test_a_grpc_route_matches_v1s_headers_at_the_grpc_port_and_may_have_a_listener_of_its_own() -> None:
    body = rendered(sdep(*AB), ingress="gateway-api", gateway_api_grpc_parent="edge/grpc")["GRPCRoute", "price-grpc"]
    (rule,) = body["spec"]["rules"]
    assert body["spec"]["parentRefs"][0]["name"] == "grpc"
    assert {(header["name"], header["value"]) for match in rule["matches"] for header in match["headers"]} == {
        ("seldon", "price"),
        ("namespace", "shop"),
    }
    assert {backend["port"] for backend in rule["backendRefs"]} == {5001}


def test_annotations_for_the_gateways_own_controller_are_on_its_routes() -> None:
    made = rendered(
        sdep({"name": "only"}), ingress="gateway-api", gateway_api_annotations={"konghq.com/plugins": "auth"}
    )
    assert all(body["metadata"]["annotations"] == {"konghq.com/plugins": "auth"} for body in made.values())
    assert len(made) == 2


def test_none_makes_no_route() -> None:
    assert rendered(sdep({"name": "only"}), ingress="none") == {}
    assert rendered(sdep({"name": "only"}), istio_enabled=False) == {}


def test_a_seldon_deployment_chooses_among_the_ingresses_in_use() -> None:
    given = sdep({"name": "only"}, annotations={"sdep.io/ingress": "gateway-api"})
    assert {kind for kind, _ in rendered(given, other_ingresses=("gateway-api",))} == {"HTTPRoute", "GRPCRoute"}
    assert chosen(given, settings()) == "istio"
    (problem,) = shortcomings(given, settings())
    assert (problem.severity, problem.field) == ("error", "metadata.annotations[sdep.io/ingress]")


def test_only_the_kinds_of_ingresses_in_use_are_watched() -> None:
    assert [kind.plural for kind in kinds_in_use(settings())] == ["destinationrules", "virtualservices"]
    assert [kind.plural for kind in kinds_in_use(settings(ingress="gateway-api"))] == ["httproutes", "grpcroutes"]
    assert kinds_in_use(settings(istio_enabled=False)) == ()


def test_every_ingress_that_settings_know_has_its_file() -> None:
    assert set(_INGRESSES) == set(get_args(IngressName))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seldon.io/istio-retries", "three"),
        ("seldon.io/istio-retries", "-1"),
        ("seldon.io/istio-retries-timeout", "0"),
        ("seldon.io/istio-retries-timeout", "1.5"),
        ("seldon.io/istio-gateway", "a/b/c"),
        ("seldon.io/istio-host", "not a host"),
        ("sdep.io/ingress", "kong"),
        ("sdep.io/header-routing", "yes"),
        ("sdep.io/route-header", "x y"),
        ("sdep.io/sticky", "header:"),
        ("sdep.io/sticky", "cookie:name"),
    ],
)
def test_a_value_that_cannot_be_meant_is_an_error_that_names_its_annotation(name: str, value: str) -> None:
    (problem,) = problems_of(sdep({"name": "only"}, annotations={name: value}))
    assert (problem.severity, problem.field) == ("error", f"metadata.annotations[{name}]")
    assert repr(value) in problem.message


@pytest.mark.parametrize(
    ("ingress", "annotation", "value"),
    [
        ("istio", "sdep.io/sticky", "source-ip"),
        ("gateway-api", "sdep.io/sticky", "source-ip"),
        ("gateway-api", "seldon.io/istio-retries", "3"),
        ("gateway-api", "seldon.io/istio-gateway", "edge/public"),
        ("none", "sdep.io/sticky", "cookie"),
        ("none", "sdep.io/header-routing", "true"),
    ],
)
def test_what_an_ingress_cannot_do_is_a_warning(ingress: IngressName, annotation: str, value: str) -> None:
    found = list(shortcomings(sdep(*AB, annotations={annotation: value}), settings(ingress=ingress)))
    assert [(problem.severity, problem.field) for problem in found] == [
        ("warning", f"metadata.annotations[{annotation}]")
    ]


def test_a_certificate_that_the_gateway_api_would_not_use_is_a_warning() -> None:
    given = sdep({"name": "only", "ssl": {"certSecretName": "cert"}})
    (problem,) = shortcomings(given, settings(ingress="gateway-api"))
    assert isinstance(problem, Problem)
    assert problem.field == "spec.predictors[0].ssl"


def faults(plan: Plan, live: dict[Key, dict[str, Any]]) -> tuple[str, ...]:
    return routes_ready(chosen(plan.sdep, plan.settings), [made.key for made in routes(plan)], live)


def test_routes_are_ready_once_they_are_there_and_the_gateway_has_accepted_them() -> None:
    given = sdep(*AB)
    weights = requested(given.spec.predictors)
    istio = Plan(given, {}, weights, settings())
    assert len(faults(istio, {})) == 3
    assert faults(istio, {made.key: made.body for made in routes(istio)}) == ()

    gateway = Plan(given, {}, weights, settings(ingress="gateway-api"))
    accepted = {"type": "Accepted", "status": "True", "observedGeneration": 2}
    unresolved = {"type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound", "message": "no such Service"}

    def live(*conditions: dict[str, Any]) -> dict[Key, dict[str, Any]]:
        status = {"parents": [{"conditions": list(conditions)}]}
        return {
            made.key: {**made.body, "metadata": {**made.body["metadata"], "generation": 2}, "status": status}
            for made in routes(gateway)
        }

    assert faults(gateway, live(accepted)) == ()
    assert all("not been accepted" in fault for fault in faults(gateway, live({**accepted, "observedGeneration": 1})))
    assert "BackendNotFound: no such Service" in faults(gateway, live(accepted, unresolved))[0]


def test_a_seldon_deployment_that_gets_no_route_is_not_ready_for_requests() -> None:
    given = sdep(
        {"name": "main", "graph": {"name": "m", "implementation": "SKLEARN_SERVER", "modelUri": "models:/m/1"}}
    )
    plan = Plan(given, {}, requested(given.spec.predictors), settings())
    assert faults(plan, {}) == ("no predictor that is given traffic can be routed to",)
