"""What an explainer becomes without an image of its own: our runtime, with the predictor's own model and data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Pin
from sdep.contract import ENV_EXPLAINER, ENV_REFERENCE, ENV_REFERENCE_REQUIRED, ServedExplainer
from sdep.plan import Plan, units_with_models
from sdep.render import render
from sdep.rollout.weights import requested
from sdep.settings import OperatorSettings

MODEL = {"name": "price", "modelUri": "models:/price@champion"}
TRACKING = {"mlflow_tracking_uri": "http://mlflow:5000"}


def sdep(explainer: dict[str, Any] | None, graph: dict[str, Any] = MODEL, **more: object) -> SeldonDeployment:
    predictor = {"name": "main", "graph": graph, **({"explainer": explainer} if explainer else {}), **more}
    metadata = {"name": "prices", "namespace": "shop"}
    body = {"apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment", "metadata": metadata}
    return with_defaults(parse({**body, "spec": {"predictors": [predictor]}}))


def rendered(given: SeldonDeployment, version: str = "7", **settings: object) -> dict[str, dict[str, Any]]:
    """The pods' specs by the name of their Deployment."""
    pins = {
        key: Pin(
            predictor=key[0], unit=key[1], uri="u", name="price", version=version, artifact_uri=f"s3://m/{version}"
        )
        for key, _ in units_with_models(given)
    }
    chosen = OperatorSettings.model_validate({"runtime_image": "runtime", **settings})
    made = render(Plan(given, pins, requested(given.spec.predictors), chosen))
    return {
        manifest.key.name: manifest.body["spec"]["template"]["spec"]
        for manifest in made
        if manifest.key.kind == "Deployment"
    }


def explainer_pod(explainer: dict[str, Any], graph: dict[str, Any] = MODEL, **settings: object) -> dict[str, Any]:
    return rendered(sdep(explainer, graph), **settings)["prices-main-explainer"]


def told(pod: dict[str, Any]) -> ServedExplainer:
    return ServedExplainer.model_validate_json(variables(pod["containers"][0])[ENV_EXPLAINER])


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def test_the_pod_has_the_pinned_model_and_its_data() -> None:
    """The init container fetches what the predictor serves, and the data that MLflow knows of; the program is told where both are."""
    pod = explainer_pod({"type": "KernelShap", "config": {"seed": "7"}}, **TRACKING)
    (container,), (fetch,) = pod["containers"], pod["initContainers"]
    assert (container["image"], container["args"]) == ("runtime", ["explanations"])
    assert fetch["args"] == ["fetch", "s3://m/7", "/mnt/models/price"]
    assert variables(fetch)[ENV_REFERENCE] == "model"
    assert variables(fetch)["MLFLOW_TRACKING_URI"] == TRACKING["mlflow_tracking_uri"]
    assert told(pod).model_dump(exclude_defaults=True) == {
        "type": "KernelShap",
        "model": "price",
        "predictor": "http://prices-main.shop:8000",
        "config": {"seed": "7"},
        "implementation": "MLFLOW_SERVER",
        "model_directory": "/mnt/models/price",
    }
    assert {"name": "price-provision-location", "mountPath": "/mnt/models/price", "readOnly": True} in container[
        "volumeMounts"
    ]


def test_it_is_told_how_the_predictor_serves_the_model() -> None:
    """The server, and the unit's parameters, so that what is explained is what is served."""
    method = {"name": "method", "value": "predict", "type": "STRING"}
    graph = {**MODEL, "implementation": "SKLEARN_SERVER", "parameters": [method]}
    found = told(explainer_pod({"type": "ALE"}, graph)).model_dump()
    assert (found["implementation"], found["parameters"]) == ("SKLEARN_SERVER", (method,))


@pytest.mark.parametrize(("annotations", "scheme"), [({}, "https"), ({"seldon.io/no-engine": "true"}, "http")])
def test_a_predictor_with_a_certificate_is_asked_over_tls(annotations: dict[str, str], scheme: str) -> None:
    """Where its engine is what answers: a container of the user's is given no certificate."""
    component = {"spec": {"containers": [{"name": "price", "image": "i"}]}}
    graph = {"name": "price", "type": "MODEL"}
    more = {"ssl": {"certSecretName": "s"}, "annotations": annotations, "componentSpecs": [component]}
    found = told(rendered(sdep({"type": "KernelShap"}, graph, **more))["prices-main-explainer"])
    assert found.predictor.startswith(f"{scheme}://prices-main.shop:")


def test_the_pod_is_restricted_and_asked_whether_it_is_ready() -> None:
    """It may do no more than the `restricted` Pod Security Standard lets it, and its probes are the program's own answers."""
    pod = explainer_pod({"type": "KernelShap"})
    security = pod["containers"][0]["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert (security["readOnlyRootFilesystem"], security["allowPrivilegeEscalation"]) == (True, False)
    assert pod["containers"][0]["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}
    assert pod["containers"][0]["ports"] == [{"name": "http", "containerPort": 9000, "protocol": "TCP"}]


def test_a_moved_pin_moves_the_explainer_and_nothing_else_of_it() -> None:
    """Predictor and explainer are of one version: the template differs by the artifact alone."""
    before, after = (json.dumps(rendered(sdep({"type": "ALE"}), version)["prices-main-explainer"]) for version in "78")
    assert before != after
    assert before.replace("s3://m/7", "s3://m/8") == after


def test_adding_an_explainer_replaces_no_pod_of_the_predictor() -> None:
    """The engine finds the explainer by a name that it always knows; only another port must be told."""
    plain, explained = rendered(sdep(None)), rendered(sdep({"type": "ALE"}))
    assert plain["prices-main-0-price"] == explained["prices-main-0-price"]
    moved = rendered(sdep({"type": "ALE", "endpoint": {"service_port": 9100}}))["prices-main-0-price"]
    assert '"explainer_port":9100' in variables(moved["containers"][0])["SDEP_PREDICTOR"]


@pytest.mark.parametrize(
    ("explainer", "required"),
    [
        ({"type": "AnchorTabular"}, True),
        ({"type": "AnchorTabular", "modelUri": "runs:/8a/explainer"}, False),
        ({"type": "TreeShap"}, False),
    ],
)
def test_data_is_required_where_nothing_can_be_explained_without(explainer: dict[str, Any], required: bool) -> None:  # noqa: FBT001
    """A lack of it is then a failure of the init container, which is tried again by itself; an artifact brings its own."""
    fetch = explainer_pod(explainer)["initContainers"][0]
    assert (ENV_REFERENCE_REQUIRED in variables(fetch)) is required


def test_data_may_be_named_and_an_artifact_be_fetched() -> None:
    """`reference.uri` is fetched beside the model, `modelUri` into a folder of its own, out of a run too."""
    given = {"type": "AnchorTabular", "modelUri": "runs:/8a/explainer", "reference": {"uri": "s3://data/train.csv"}}
    pod = explainer_pod({**given, "envSecretRefName": "keys"}, **TRACKING)
    model, artifact = pod["initContainers"]
    assert variables(model)[ENV_REFERENCE] == "s3://data/train.csv"
    assert artifact["args"] == ["fetch", "runs:/8a/explainer", "/mnt/models/explainer"]
    assert artifact["envFrom"] == [{"secretRef": {"name": "keys"}}]
    assert variables(artifact)["MLFLOW_TRACKING_URI"] == TRACKING["mlflow_tracking_uri"]
    assert told(pod).explainer_directory == "/mnt/models/explainer"


@pytest.mark.parametrize(
    "graph",
    [
        {
            "name": "both",
            "type": "COMBINER",
            "implementation": "AVERAGE_COMBINER",
            "children": [MODEL, {**MODEL, "name": "b"}],
        },
        {"name": "price", "implementation": "TRITON_SERVER", "modelUri": "s3://m/1"},
    ],
)
def test_a_graph_whose_model_cannot_be_had_is_asked_over_http(graph: dict[str, Any]) -> None:
    """Of several units, or where another image serves the model, the explainer knows the predictor's answers alone."""
    pod = explainer_pod({"type": "KernelShap", "modelUri": "s3://e/1"}, graph)
    assert told(pod).model_directory == ""
    assert [fetch["args"][1] for fetch in pod["initContainers"]] == ["s3://e/1"]
    assert told(pod).model == graph["name"]


def test_what_the_manifest_says_of_the_container_counts() -> None:
    """Name, resources and variables of a `containerSpec` without an image are those of our container."""
    spec = {"name": "e", "resources": {"limits": {"cpu": "1"}}, "env": [{"name": "SDEP_THREADS", "value": "3"}]}
    (container,) = explainer_pod({"type": "ALE", "containerSpec": spec})["containers"]
    assert (container["name"], container["image"]) == ("e", "runtime")
    assert container["resources"] == {"limits": {"cpu": "1"}}
    assert variables(container)["SDEP_THREADS"] == "3"


def test_an_image_of_the_installation_is_what_it_was() -> None:
    """The chart's `explainer.image` is started with v1's arguments, and with no model of ours."""
    (container,) = explainer_pod({"type": "AnchorTabular"}, explainer_image="alibi")["containers"]
    assert container["image"] == "alibi"
    assert container["args"][-1] == "AnchorTabular"


def test_a_type_that_nobody_does_leaves_the_predictor_as_it_is() -> None:
    """Without an image AnchorText becomes no Deployment; the model is served."""
    assert list(rendered(sdep({"type": "AnchorText"}))) == ["prices-main-0-price"]


def test_a_graph_with_tls_is_asked_over_tls() -> None:
    """The engine of a predictor with a certificate speaks nothing else at its port."""
    given = sdep({"type": "KernelShap"}, ssl={"certSecretName": "certificate"})
    assert told(rendered(given)["prices-main-explainer"]).predictor == "https://prices-main.shop:8000"
