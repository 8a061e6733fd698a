"""What is legal and changes nothing is said of its field, and nothing is said where it does something."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import parse
from sdep.api.validation import problems
from sdep.settings import OperatorSettings

KEDA = OperatorSettings(runtime_image="r", keda_enabled=True)
PLAIN = OperatorSettings(runtime_image="r")
MODEL = {"name": "m", "implementation": "MLFLOW_SERVER", "modelUri": "s3://m"}
CONTAINER = {"componentSpecs": [{"spec": {"containers": [{"name": "m", "image": "i"}]}}]}
OWN = {"name": "m", "type": "MODEL"}
ALONE = {"annotations": {"seldon.io/no-engine": "true"}}
SEPARATE = {"annotations": {"seldon.io/engine-separate-pod": "true"}}
LOGGER = {"logger": {"mode": "all"}}
TRIGGERS = {"triggers": [{"type": "cpu", "metadata": {"value": "5"}}]}


def said(predictor: dict[str, Any], settings: OperatorSettings = PLAIN, **spec: object) -> list[str]:
    """The fields of what has no effect, each without its predictor."""
    body = {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": "prices"},
        "spec": {"predictors": [{"name": "a", "graph": MODEL, **predictor}], **spec},
    }
    found = problems(with_defaults(parse(body)), settings)
    assert {(problem.severity, problem.reason) for problem in found} <= {("warning", "NoEffect")}
    return [problem.field.removeprefix("spec.predictors[0].") for problem in found]


@pytest.mark.parametrize("name", ["oauth_key", "oauth_secret"])
def test_a_key_of_v1s_gateway(name: str) -> None:
    assert said({}, **{name: "k"}) == [f"spec.{name}"]


def test_a_name_in_the_spec_is_the_users_own_word() -> None:
    assert said({}, name="anything", oauth_key="", oauth_secret="") == []


def test_replicas_of_an_engine_that_has_no_deployment() -> None:
    assert said({"svcOrchSpec": {"replicas": 2}}) == ["svcOrchSpec.replicas"]
    assert said({"svcOrchSpec": {"replicas": 2}}, **SEPARATE) == []
    assert said({"svcOrchSpec": {"replicas": 2}, **ALONE}, **SEPARATE) == ["svcOrchSpec.replicas"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ssl": {"certSecretName": "s"}}, "ssl"),
        ({"svcOrchSpec": {"env": [{"name": "A", "value": "b"}]}}, "svcOrchSpec.env"),
        ({"svcOrchSpec": {"resources": {"limits": {"cpu": "1"}}}}, "svcOrchSpec.resources"),
    ],
)
def test_what_is_an_engines_where_there_is_none(given: dict[str, Any], field: str) -> None:
    assert said({**given, **ALONE}) == [field]
    assert said(given) == []


def test_without_an_engine_our_runtime_logs_payloads_and_a_container_does_not() -> None:
    own = {"graph": {**OWN, **LOGGER}, **CONTAINER}
    assert said({"graph": {**MODEL, **LOGGER}, **ALONE}) == []
    assert said({**own, **ALONE}) == ["graph[m].logger"]
    assert said(own) == []


def test_an_hpa_beside_an_active_keda() -> None:
    component = {"hpaSpec": {"maxReplicas": 2}, "kedaSpec": TRIGGERS, **CONTAINER["componentSpecs"][0]}
    predictor = {"graph": OWN, "componentSpecs": [component]}
    assert said(predictor, KEDA) == ["componentSpecs[0].hpaSpec"]
    assert said(predictor) == ["componentSpecs[0].kedaSpec"]
    counted = {"graph": OWN, "componentSpecs": [{**component, "replicas": 3}]}
    assert said(counted, KEDA) == ["componentSpecs[0].hpaSpec", "componentSpecs[0].replicas"]


@pytest.mark.parametrize(
    "scaler",
    [{"hpaSpec": {"maxReplicas": 2}}, {"pdbSpec": {"minAvailable": 1}}, {"spec": {"volumes": [{"name": "v"}]}}],
)
def test_an_entry_that_becomes_no_pod(scaler: dict[str, Any]) -> None:
    entries = [CONTAINER["componentSpecs"][0], scaler]
    assert said({"graph": OWN, "componentSpecs": entries}) == ["componentSpecs[1]"]
    assert said({"componentSpecs": [scaler]}) == [], "the first entry gets the containers of units that have none"


def test_an_empty_entry_says_nothing() -> None:
    empty = {"metadata": {"creationTimestamp": None}, "spec": {"containers": []}}
    assert said({"graph": OWN, "componentSpecs": [CONTAINER["componentSpecs"][0], empty]}) == []


def test_a_version_in_an_annotation() -> None:
    assert said({"annotations": {"version": "v2"}}) == ["annotations[version]"]
    assert said({"annotations": {"version": "v2"}, "labels": {"version": "v2"}}) == []


def test_an_explainers_endpoint() -> None:
    given = {"service_host": "h", "service_port": 1, "httpPort": 2, "grpcPort": 3}
    shap = {"type": "KernelShap", "endpoint": given}
    assert said({"explainer": shap}) == ["explainer.endpoint"]
    assert said({"explainer": {**shap, "endpoint": {"service_port": 1, "type": "REST"}}}) == []
    port = {"containerSpec": {"name": "e", "image": "i", "ports": [{"name": "http", "containerPort": 9}]}}
    assert said({"explainer": {**shap, **port, "endpoint": {"service_port": 1}}}) == ["explainer.endpoint.service_port"]


@pytest.mark.parametrize("implementation", ["SKLEARN_SERVER", "XGBOOST_SERVER", "MLFLOW_SERVER"])
def test_a_parameter_that_the_runtime_does_not_read(implementation: str) -> None:
    names = ["method", "xtype", "predict_method", "max_batch_size", "max_batch_time", "tolerance", "treshold"]
    parameters = [{"name": name, "value": "1", "type": "STRING"} for name in names]
    graph = {**MODEL, "implementation": implementation, "parameters": parameters}
    assert said({"graph": graph}) == ["graph[m].parameters[treshold]"]
    assert said({"graph": graph, **CONTAINER}) == [], "an image of the user's own gets them all"


def test_fields_that_are_null_say_nothing() -> None:
    empty = {"metadata": None, "spec": None, "hpaSpec": None, "replicas": None}
    assert said({"componentSpecs": [{"spec": {"containers": [{"name": "m", "image": "i"}]}}, empty]}) == []
