"""Whatever validation accepts can be rendered: with valid names, each its own, and weights that sum to 100."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import parse
from sdep.api.status import Pin
from sdep.api.validation import problems
from sdep.errors import InvalidError
from sdep.plan import Plan, units_with_models
from sdep.render import render
from sdep.rollout.weights import answerable, requested
from sdep.settings import OperatorSettings

SETTINGS = OperatorSettings(runtime_image="r", keda_enabled=True, explainer_image="e")
DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")

good_names = st.from_regex(r"[a-z][a-z0-9-]{0,60}[a-z0-9]", fullmatch=True) | st.sampled_from(
    ["a", "b", "a-b", "x" * 63]
)
names = good_names | st.sampled_from(["A_b", "ünïcode", "", "two words", "y" * 64])
odd = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)
implementations = st.sampled_from(
    [
        "MLFLOW_SERVER",
        "SKLEARN_SERVER",
        "TRITON_SERVER",
        "TENSORFLOW_SERVER",
        "AVERAGE_COMBINER",
        "RANDOM_ABTEST",
        "SIMPLE_MODEL",
    ]
)
uris = st.sampled_from(["models:/m/1", "models:/m@a", "s3://b/m", "pvc://claim/path", "gs://b/m", "runs:/r/m"])


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


containers = st.builds(
    lambda name, rest: {"name": name, **rest},
    names,
    maybe(
        image=st.just("i:1"),
        env=st.lists(st.fixed_dictionaries({"name": st.sampled_from(["A", "PREDICTIVE_UNIT_ID"])}), max_size=2) | odd,
        ports=st.lists(
            st.fixed_dictionaries({"name": st.just("http"), "containerPort": st.integers(1, 65535)}), max_size=1
        )
        | odd,
        resources=maybe(
            requests=st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from(["1", "500m", "x"]))
        )
        | odd,
        securityContext=maybe(privileged=st.booleans()) | odd,
        lifecycle=odd,
    ),
)
components = maybe(
    metadata=maybe(name=good_names, labels=st.dictionaries(st.just("version"), good_names)) | odd,
    spec=maybe(
        containers=st.lists(containers, max_size=3),
        volumes=st.lists(st.fixed_dictionaries({"name": good_names}), max_size=1),
    )
    | odd,
    replicas=st.integers(-1, 3),
    hpaSpec=st.fixed_dictionaries(
        {"maxReplicas": st.integers(1, 3)},
        optional={"metrics": st.lists(maybe(type=st.just("Resource"), resource=odd), max_size=1)},
    ),
    kedaSpec=st.fixed_dictionaries({"triggers": st.lists(st.just({"type": "cpu"}), max_size=1)}),
    pdbSpec=maybe(minAvailable=st.just("50%"), maxUnavailable=st.integers(0, 2)),
)
units = st.recursive(
    st.builds(
        lambda name, rest: {"name": name, **rest},
        names,
        maybe(
            implementation=implementations,
            modelUri=uris,
            type=st.sampled_from(["MODEL", "ROUTER", "UNKNOWN_TYPE", "X"]),
        ),
    ),
    lambda inner: st.builds(lambda unit, children: {**unit, "children": children}, inner, st.lists(inner, max_size=3)),
    max_leaves=6,
)
predictors = st.builds(
    lambda name, graph, rest: {"name": name, "graph": graph, **rest},
    names,
    units,
    maybe(
        traffic=st.integers(-1, 150),
        shadow=st.booleans(),
        replicas=st.integers(0, 3),
        componentSpecs=st.lists(components, max_size=3),
        annotations=maybe(**{"seldon.io/svc-name": names, "seldon.io/no-engine": st.just("true")}),
        svcOrchSpec=maybe(resources=odd, env=st.lists(st.fixed_dictionaries({"name": st.just("A")}), max_size=1) | odd),
        explainer=maybe(type=st.sampled_from(["", "AnchorTabular"]), modelUri=uris, containerSpec=containers | odd),
        ssl=maybe(certSecretName=good_names),
    ),
)
manifests = st.builds(
    lambda name, given, rest: {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": name, "namespace": "data"},
        "spec": {"predictors": given, **rest},
    },
    good_names,
    st.lists(predictors, max_size=4),
    maybe(
        protocol=st.sampled_from(["seldon", "v2", "tensorflow"]),
        transport=st.sampled_from(["rest", "grpc"]),
        replicas=st.integers(0, 2),
        annotations=maybe(
            **{"seldon.io/engine-separate-pod": st.just("true"), "seldon.io/istio-retries": st.sampled_from(["3", "x"])}
        ),
    ),
)


def accepted(manifest: dict[str, Any]) -> Plan | None:
    try:
        sdep = with_defaults(parse(manifest))
    except InvalidError:
        return None
    if any(problem.severity == "error" for problem in problems(sdep, SETTINGS)):
        return None
    pins = {
        key: Pin(predictor=key[0], unit=key[1], uri=unit.model_uri or "", artifact_uri=unit.model_uri or "")
        for key, unit in units_with_models(sdep)
    }
    return Plan(sdep, pins, requested(sdep.spec.predictors), SETTINGS)


@st.composite
def sound(draw: st.DrawFn) -> dict[str, Any]:
    """A manifest that is mostly right: units that nobody serves get a container, names are good, kinds of things are mixed."""
    number = 0

    def unit(depth: int) -> dict[str, Any]:
        nonlocal number
        number += 1
        made: dict[str, Any] = {"name": f"{draw(st.sampled_from(['u', 'unit-of-a-rather-long-name-' * 2]))}{number}"}
        if draw(st.booleans()):
            made |= {"implementation": draw(implementations), "modelUri": draw(uris)}
        else:
            made |= {"type": draw(st.sampled_from(["MODEL", "ROUTER", "COMBINER", "TRANSFORMER"]))}
            made |= draw(maybe(modelUri=uris.filter(lambda uri: not uri.startswith(("models", "runs")))))
        if depth and draw(st.booleans()):
            made["children"] = [unit(depth - 1) for _ in range(draw(st.integers(1, 3)))]
        return made

    def predictor(name: str) -> dict[str, Any]:
        graph = unit(draw(st.sampled_from([0, 1, 2, 9])))
        flat, waiting = [], [graph]
        while waiting:
            one = waiting.pop()
            flat.append(one)
            waiting += one.get("children", [])
        bodies = [{"name": one["name"], "image": "i:1"} for one in flat if "implementation" not in one]
        bodies += [{"name": one["name"]} for one in flat if "implementation" in one and draw(st.booleans())]
        bodies += [{"name": "helper", "image": "i:1"}] if draw(st.booleans()) else []
        cut = draw(st.integers(0, len(bodies)))
        specs = [{"spec": {"containers": part}, **draw(scaled)} for part in (bodies[:cut], bodies[cut:]) if part]
        return {"name": name, "graph": graph, "componentSpecs": specs, **draw(extras)}

    scaled = maybe(
        hpaSpec=st.just({"maxReplicas": 3}), pdbSpec=st.just({"maxUnavailable": 1}), replicas=st.integers(0, 2)
    )
    extras = maybe(
        traffic=st.integers(0, 120),
        explainer=st.just({"type": "AnchorTabular", "modelUri": "s3://e"}),
        ssl=st.just({"certSecretName": "cert"}),
        svcOrchSpec=st.just({"env": [{"name": "A", "value": "1"}], "resources": {"limits": {"cpu": "1"}}}),
    )
    names_chosen = draw(st.lists(good_names, min_size=1, max_size=3, unique=True))
    given = [predictor(name) for name in names_chosen]
    for other in given[1:]:
        if draw(st.booleans()):
            other["shadow"] = True
            other["traffic"] = draw(st.integers(0, 100))
    top = maybe(
        transport=st.sampled_from(["rest", "grpc"]),
        replicas=st.integers(0, 2),
        annotations=st.just({"seldon.io/engine-separate-pod": "true"}),
    )
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": draw(good_names), "namespace": "data"},
        "spec": {"predictors": given, **draw(top)},
    }


@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(manifests)
def test_whatever_is_written_is_judged_and_never_more_than_refused(manifest: dict[str, Any]) -> None:
    """`accepted` lets out anything but a refusal that names what is wrong."""
    plan = accepted(manifest)
    assert plan is None or render(plan)


@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(sound())
def test_what_validation_accepts_is_rendered_with_names_that_are_valid_and_unique(manifest: dict[str, Any]) -> None:
    plan = accepted(manifest)
    assume(plan is not None)
    assert plan is not None
    made = render(plan)
    keys = [manifest.key for manifest in made]
    assert len(keys) == len(set(keys))
    for key in keys:
        form = DNS_LABEL if key.kind == "Service" else DNS_SUBDOMAIN
        assert form.fullmatch(key.name), key
    for body in (manifest.body for manifest in made):
        for name, value in body["metadata"]["labels"].items():
            assert LABEL_KEY.fullmatch(name), name
            assert LABEL_VALUE.fullmatch(value), value


@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
@given(sound(), st.sets(st.integers(0, 3)))
def test_live_weights_always_sum_to_100(manifest: dict[str, Any], ready: set[int]) -> None:
    plan = accepted(manifest)
    assume(plan is not None)
    assert plan is not None
    assert sum(plan.weights.live.values()) == 100
    names_ready = {p.name for number, p in enumerate(plan.sdep.spec.predictors) if number in ready}
    assert sum(answerable(plan.weights, names_ready).live.values()) == 100
    assert all(0 <= share <= 100 for share in plan.weights.mirror.values())
