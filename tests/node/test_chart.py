"""The chart on a real cluster: each set of values, and a second installation with the fewest rights, from install to uninstall."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo import platform, traffic
from demo.kubectl import CommandError, Target, until
from demo.operator import CHART, values
from demo.target import foreign
from tests.node import audit, openapi
from tests.node.sdep import SECRET, unit

RELEASE = NAMESPACE = "sdep-ops"
MODELS, OTHER = "sdep-ops-models", "sdep-ops-other"
CONTROLLER = "chart-test"
WEBHOOK = f"seldon-validating-webhook-configuration-{NAMESPACE}"
SETS = sorted((CHART / "ci").glob("*.yaml"))
OF_OTHER_OPERATORS = "Issuer,Certificate,PodMonitor,PrometheusRule"
MODEL = "models:/commodity_price_predictor/1"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"

NEVER_SEEN_HERE = {
    ("machinelearning.seldon.io", "seldondeployments/finalizers", "update"): (
        "asked for where the API server's plugin OwnerReferencesPermissionEnforcement is on, as in OpenShift"
    ),
    (
        "apps",
        "replicasets",
        "list",
    ): "where a Deployment's selector had to change, as one of v1's may, to find what is left of it",
    ("apps", "replicasets", "delete"): "the same, to remove that",
}


# Each set of values ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kinds(bare_target: Target, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schema of each kind that the cluster serves."""
    folder = tmp_path_factory.mktemp("schemas")
    bare_target.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CHART / "files" / "crd.yaml"))
    openapi.write(bare_target, folder)
    return folder


@pytest.mark.parametrize("chosen", [None, *SETS], ids=lambda path: path.stem if path else "defaults")
def test_lint_and_kubeconform_find_nothing_in_what_a_set_of_values_makes(
    bare_target: Target, kinds: Path, chosen: Path | None
) -> None:
    given = ("-f", str(chosen)) if chosen else ()
    assert "0 chart(s) failed" in bare_target.run("helm", "lint", "--strict", str(CHART), *given)
    made = bare_target.run("helm", "template", RELEASE, str(CHART), "-n", NAMESPACE, *given)
    location = f"{kinds}/{openapi.LOCATION}"
    checked = bare_target.run(
        *("kubeconform", "-strict", "-summary", "-output", "json", "-schema-location", location),
        *("-skip", OF_OTHER_OPERATORS),
        stdin=made,
    )
    counted = json.loads(checked)["summary"]
    assert counted["invalid"] == counted["errors"] == 0
    objects = [body for body in yaml.safe_load_all(made) if body]
    assert counted["valid"] + counted["skipped"] == len(objects)
    assert counted["skipped"] == sum(body["kind"] in OF_OTHER_OPERATORS.split(",") for body in objects)


def test_rules_and_boards_are_those_of_the_charts_files_with_the_values_namespace_and_limits(
    bare_target: Target,
) -> None:
    everything = yaml.safe_load((CHART / "ci" / "everything.yaml").read_text())
    limits = everything["metrics"]["prometheusRule"]["limits"]
    made = bare_target.run(
        "helm", "template", RELEASE, str(CHART), "-n", NAMESPACE, "-f", str(CHART / "ci" / "everything.yaml")
    )
    bodies = {(body["kind"], body["metadata"]["name"]): body for body in yaml.safe_load_all(made) if body}
    written = "".join(
        path.read_text().partition("groups:")[2] for path in sorted((CHART / "files/rules").glob("*.yaml"))
    )
    wanted = f"groups:{written}".replace("seldon-system", NAMESPACE)
    for name, default in (("errorShare", 0.05), ("p99Seconds", 1)):
        wanted = wanted.replace(f"> {default} # {name}", f"> {limits[name]}")
    assert bodies["PrometheusRule", "seldon-controller-manager"]["spec"] == yaml.safe_load(wanted)
    boards = bodies["ConfigMap", "seldon-dashboards"]
    assert boards["metadata"]["labels"]["grafana_dashboard"] == "1"
    files = {f"sdep-{path.name}": path.read_text() for path in (CHART / "files/dashboards").glob("*.json")}
    assert {name: json.loads(text) for name, text in boards["data"].items()} == {
        name: json.loads(text) for name, text in files.items()
    }


def test_kubeconform_with_these_schemas_finds_a_field_that_no_kind_has(bare_target: Target, kinds: Path) -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"port": 1}}
    with pytest.raises(CommandError, match="port"):
        bare_target.run(
            "kubeconform", "-strict", "-schema-location", f"{kinds}/{openapi.LOCATION}", stdin=json.dumps(wrong)
        )


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("managerr.replicas=1", "managerr"),
        ("manager.replica=1", "replica"),
        ("trafficPolicy=often", "trafficPolicy"),
        ("singleNamespace=true,namespaces={a}", "singleNamespace and namespaces are both set"),
        ("manager.leaderElection=false", "manager.replicas must be 1"),
        ("image.repository=seldonio/seldon-core-operator", "an image of Seldon Core v1"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(bare_target: Target, flag: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        bare_target.run("helm", "template", RELEASE, str(CHART), "--set", flag)


def test_the_notes_name_each_value_of_v1_that_does_nothing_and_only_those(bare_target: Target) -> None:
    v1 = str(CHART / "ci" / "of-seldon-core-v1.yaml")
    command = ("helm", "install", "v1", str(CHART), "-n", "default", "--dry-run=client", "--set", "crd.create=false")
    notes = bare_target.run(*command, "-f", v1)
    told = notes.partition("Values without effect:")[2]
    named = {line.split(":")[0].strip() for line in told.splitlines() if line.startswith("  ")}
    assert named == {"ambassador", "credentials", "usageMetrics"}


# A second installation, for two namespaces -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def second(target: Target) -> Iterator[Callable[..., str]]:
    """Installs or upgrades an operator for two namespaces beside the one of the whole cluster; Pod Security is `restricted`."""
    for namespace in (NAMESPACE, MODELS, OTHER):
        target.kubectl("create", "namespace", namespace)
        target.kubectl("label", "namespace", namespace, RESTRICTED)
    literals = [f"--from-literal={key}={value}" for key, value in _credentials().items()]
    for name in (SECRET, "of-somebody"):
        target.kubectl("create", "secret", "generic", name, "-n", MODELS, *literals)

    def install(*flags: str) -> str:
        chosen = ("crd.create=false", f"namespaces={{{MODELS},{OTHER}}}", f"controllerId={CONTROLLER}")
        given = [*values(target), *(word for flag in (*chosen, *flags) for word in ("--set", flag))]
        command = ("helm", "upgrade", "--install", RELEASE, str(CHART), "-n", NAMESPACE)
        said = target.run(
            *command, "--wait", "--timeout=180s", *given, "--set", f"mlflow.credentialsSecrets={{{SECRET}}}"
        )
        target.kubectl("rollout", "status", "deployment/seldon-controller-manager", "-n", NAMESPACE, "--timeout=180s")
        return said

    install()
    yield install
    target.kubectl("delete", "sdep", "--all", "-n", MODELS)
    target.run("helm", "uninstall", RELEASE, "-n", NAMESPACE, "--ignore-not-found", "--wait")
    target.kubectl("delete", "namespace", NAMESPACE, MODELS, OTHER, "--timeout=120s")


def _credentials() -> dict[str, str]:
    """Those of the demo's platform, with its store's name as other namespaces know it."""
    return {**platform.CREDENTIALS, "MLFLOW_S3_ENDPOINT_URL": f"http://minio-service.{platform.NAMESPACE}:9000"}


def _manifest(name: str, *predictors: dict[str, Any], **annotations: str) -> dict[str, Any]:
    said = {key.replace("_", "/"): value for key, value in annotations.items()}
    labels = {"seldon.io/controller-id": CONTROLLER}
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": name, "namespace": MODELS, "labels": labels, "annotations": said},
        "spec": {"predictors": list(predictors)},
    }


def _predictor(name: str, traffic: int) -> dict[str, Any]:
    """With everything that makes a child of its own."""
    pod = {"containers": [{"name": "model", "resources": {"requests": {"cpu": "10m"}}}]}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}}]
    scaled = {"minReplicas": 1, "maxReplicas": 2, "metrics": metrics}
    component = {"spec": pod, "hpaSpec": scaled, "pdbSpec": {"maxUnavailable": 1}}
    graph = unit(MODEL, name="model", implementation="MLFLOW_SERVER")
    return {"name": name, "traffic": traffic, "graph": graph, "componentSpecs": [component]}


def _condition(target: Target, name: str, kind: str) -> dict[str, Any]:
    body = target.get("sdep", name, "-n", MODELS)
    said = body.get("status", {}).get("conditions", ())
    current = (one for one in said if one["observedGeneration"] == body["metadata"]["generation"])
    return next((dict(one) for one in current if one["type"] == kind), {})


def _until(target: Target, name: str, kind: str, reason: str) -> dict[str, Any]:
    try:
        until(lambda: _condition(target, name, kind).get("reason") == reason, f"{name}: {kind} is {reason}", 120)
    except TimeoutError as error:
        raise AssertionError(f"{error}; it is {_condition(target, name, kind)}") from error
    return _condition(target, name, kind)


def _children(target: Target, name: str) -> set[str]:
    kinds = "deployments,services,hpa,pdb,virtualservices,destinationrules"
    found = target.get(kinds, "-n", MODELS, "-l", f"seldon-deployment-id={name}")["items"]
    return {f"{body['kind']}/{body['metadata']['name']}" for body in found}


@pytest.mark.usefixtures("second")
def test_helm_test_passes_in_a_namespace_where_pod_security_is_restricted(target: Target) -> None:
    assert "Phase:          Succeeded" in target.run("helm", "test", RELEASE, "-n", NAMESPACE, "--timeout=120s")


@pytest.mark.usefixtures("second")
def test_an_operator_for_two_namespaces_can_do_nothing_anywhere_else(target: Target) -> None:
    account = f"--as=system:serviceaccount:{NAMESPACE}:seldon-manager"

    def may(*what: str) -> bool:
        try:
            return target.kubectl("auth", "can-i", *what, account).strip() == "yes"
        except CommandError:
            return False

    for namespace in (MODELS, OTHER):
        assert may("create", "deployments.apps", "-n", namespace)
    assert not may("list", "seldondeployments.machinelearning.seldon.io", "-n", platform.NAMESPACE)
    assert not may("list", "customresourcedefinitions")
    assert may("get", f"secret/{SECRET}", "-n", MODELS)
    assert not may("get", "secret/of-somebody", "-n", MODELS)
    assert not may("list", "secrets", "-n", MODELS)
    assert not may("create", "secrets", "-n", NAMESPACE)


def test_an_upgrade_leaves_the_webhooks_certificate_and_its_authority_in_place(
    target: Target, second: Callable[..., str]
) -> None:
    """The configuration's generation grows by the upgrade's own change alone: nobody had to put the authority back."""

    def trusted() -> str:
        (webhook,) = target.get("validatingwebhookconfiguration", WEBHOOK)["webhooks"]
        return str(webhook["clientConfig"].get("caBundle", ""))

    until(lambda: bool(trusted()), "the operator has put its authority in")
    configuration = target.get("validatingwebhookconfiguration", WEBHOOK)
    certificate = target.get("secret", "seldon-webhook-server-cert", "-n", NAMESPACE)["data"]
    second("webhook.timeoutSeconds=7")
    upgraded = target.get("validatingwebhookconfiguration", WEBHOOK)
    assert upgraded["webhooks"][0]["timeoutSeconds"] == 7
    assert upgraded["metadata"]["generation"] == configuration["metadata"]["generation"] + 1
    assert upgraded["webhooks"][0]["clientConfig"] == configuration["webhooks"][0]["clientConfig"]
    assert target.get("secret", "seldon-webhook-server-cert", "-n", NAMESPACE)["data"] == certificate


def test_a_secret_that_no_value_names_is_not_read_and_the_condition_says_which_value_to_set(
    target: Target, second: Callable[..., str]
) -> None:
    graph = {**unit(MODEL, name="model", implementation="MLFLOW_SERVER"), "envSecretRefName": "of-somebody"}
    target.apply(json.dumps(_manifest("unreadable", {"name": "default", "graph": graph})))
    said = _until(target, "unreadable", "ModelsResolved", "SecretNotReadable")
    assert "of-somebody" in said["message"]
    assert "mlflow.credentialsSecrets" in said["message"]
    second("predictiveUnit.defaultEnvSecretRefName=of-somebody")
    _until(target, "unreadable", "ModelsResolved", "Resolved")
    target.kubectl("delete", "sdep", "unreadable", "-n", MODELS)


@pytest.mark.skipif(foreign(), reason="a cluster of one's own keeps its audit log to itself")
def test_every_right_was_needed_and_none_was_missing(target: Target, second: Callable[..., str]) -> None:
    """An object's whole life, then the audit log: what was called is what the Roles grant."""
    second()
    target.apply(json.dumps(_manifest("whole-life", _predictor("main", 90), _predictor("canary", 10))))
    _until(target, "whole-life", "Ready", "Ready")
    everything = _children(target, "whole-life")
    assert {kind.split("/")[0] for kind in everything} >= {"HorizontalPodAutoscaler", "PodDisruptionBudget"}
    target.apply(json.dumps(_manifest("whole-life", _predictor("main", 100))))
    until(lambda: not any("canary" in child for child in _children(target, "whole-life")), "the canary's children go")
    target.apply(json.dumps(_manifest("whole-life", {"name": "main", "graph": unit(MODEL, name="model")})))
    until(lambda: not any("Horizontal" in child for child in _children(target, "whole-life")), "the autoscaler goes")
    target.apply(json.dumps(_manifest("whole-life", _predictor("main", 100), **{"sdep.io_ingress": "none"})))
    until(lambda: not any("Virtual" in child for child in _children(target, "whole-life")), "the routes go")

    found = audit.calls(target, NAMESPACE, "seldon-manager")
    refused = {(call.right, call.name) for call in found if call.forbidden}
    assert refused <= {(("", "secrets", "get"), "of-somebody")}
    assert audit.granted(target, RELEASE) - audit.used(found) <= NEVER_SEEN_HERE.keys()


@pytest.mark.skipif(foreign(), reason="a cluster of one's own keeps its audit log to itself")
def test_the_rights_in_the_whole_cluster_are_used_too(target: Target) -> None:
    done = audit.used(audit.calls(target, "seldon-system", "seldon-manager"))
    for group, resource in (("apiextensions.k8s.io", "customresourcedefinitions"), ("", "namespaces")):
        assert {(group, resource, "list"), (group, resource, "watch")} <= done


def test_uninstalled_the_operator_leaves_models_that_answer_and_installed_again_it_touches_no_pod(
    target: Target, second: Callable[..., str]
) -> None:
    target.apply(json.dumps(_manifest("kept", {"name": "main", "graph": unit(MODEL, name="model")})))
    _until(target, "kept", "Ready", "Ready")
    until(lambda: traffic.send(target, MODELS, "kept", 1, connections=1).failed == 0, "the gateway routes it")

    def pods() -> set[str]:
        found = target.get("pods", "-n", MODELS, "-l", "seldon-deployment-id=kept")["items"]
        return {pod["metadata"]["uid"] for pod in found}

    before = pods()
    target.run("helm", "uninstall", RELEASE, "-n", NAMESPACE, "--wait")
    gone = (
        "validatingwebhookconfigurations,clusterroles,clusterrolebindings",
        "-l",
        f"app.kubernetes.io/instance={RELEASE}",
    )
    assert not target.get(*gone)["items"]
    assert traffic.send(target, MODELS, "kept", 40).failed == 0
    assert _condition(target, "kept", "Ready")["status"] == "True"
    second()
    target.kubectl("annotate", "sdep", "kept", "-n", MODELS, "note=seen-again")
    assert traffic.send(target, MODELS, "kept", 40).failed == 0
    assert pods() == before
