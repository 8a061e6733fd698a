"""MLflow in the cluster tells an operator that the chart installed, through the Service that the guide names.

No pod of a model starts: its replicas are none.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from mlflow import MlflowClient

from demo import operator, platform
from demo.kubectl import Target, until
from sdep.operator.lineage.ledger import unpacked
from tests.node import sdep
from tests.node.forward import forwarded
from tests.registry_server import ENVIRONMENT, SECRET

NAMESPACE, NAME, MODEL = "sdep-told", "prices", "price"
DEPLOYMENT = "seldon-controller-manager"
VALUES = (
    "crd.create=false",
    "webhook.enabled=false",
    f"namespaces={{{NAMESPACE}}}",
    f"controllerId={NAMESPACE}",
    f"mlflow.trackingUri=http://mlflow.{NAMESPACE}:5000",
    "mlflow.webhook.secret=mlflow-webhook",
    "mlflow.resolveIntervalSeconds=600",
    "lineage.openlineage.url=http://nobody.invalid",
)


@pytest.fixture
def namespace(bare_target: Target) -> Iterator[str]:
    """With an MLflow and an operator of its own."""
    crd = str(operator.CHART / "files" / "crd.yaml")
    bare_target.kubectl("apply", "--server-side", "-f", crd, "--force-conflicts")
    bare_target.kubectl("create", "namespace", NAMESPACE)
    for name, values in (("mlflow-webhook", {"secret": SECRET}), ("mlflow-credentials", {})):
        literals = [f"--from-literal={key}={value}" for key, value in values.items()]
        bare_target.kubectl("create", "secret", "generic", name, "-n", NAMESPACE, *literals)
    bare_target.apply(registry_of(bare_target))
    flags = [word for value in VALUES for word in ("--set", value)]
    chart = ("helm", "install", NAMESPACE, str(operator.CHART), "-n", NAMESPACE)
    bare_target.run(*chart, *operator.values(bare_target), *flags)
    for name in ("mlflow", DEPLOYMENT):
        bare_target.kubectl("rollout", "status", f"deployment/{name}", "-n", NAMESPACE, "--timeout=180s")
    yield NAMESPACE
    bare_target.kubectl("delete", "sdep", "--all", "-n", NAMESPACE)
    bare_target.run("helm", "uninstall", NAMESPACE, "-n", NAMESPACE, "--wait")
    bare_target.kubectl("delete", "namespace", NAMESPACE)


def registry_of(target: Target) -> str:
    """The demo's MLflow, with what its webhooks need."""
    more = "".join(f', {{name: {name}, value: "{value}"}}' for name, value in ENVIRONMENT.items())
    variables = "env: [{name: HOME, value: /tmp}"
    made = platform.manifest(target, "mlflow").replace(platform.NAMESPACE, NAMESPACE)
    assert variables in made
    return made.replace(variables, variables + more)


def versions(target: Target) -> list[str]:
    pins = target.get("sdep", NAME, "-n", NAMESPACE).get("status", {}).get("models", ())
    return [pin["version"] for pin in pins]


def test_mlflow_tells_the_charts_service_and_a_moved_alias_is_acted_upon(
    bare_target: Target, namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The delivery goes by the Service's name to a pod of the operator, which would have looked by itself after ten minutes."""
    with forwarded(bare_target, namespace, "svc/mlflow", 5000) as port:
        client = MlflowClient(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}")
        client.create_registered_model(MODEL)
        for _ in range(2):
            client.create_model_version(MODEL, "s3://bucket/model")
        client.set_registered_model_alias(MODEL, "champion", "1")
        predictor = {"name": "main", "replicas": 0, "graph": {"modelUri": f"models:/{MODEL}@champion"}}
        body = sdep.manifest(NAME, predictor)
        body["metadata"] |= {"namespace": namespace, "labels": {"seldon.io/controller-id": NAMESPACE}}
        bare_target.apply(json.dumps(body))
        until(lambda: versions(bare_target) == ["1"], "the alias is resolved", 60)
        url = f"http://{DEPLOYMENT}-mlflow.{namespace}/mlflow"
        webhook = client.create_webhook(name="sdep", url=url, events=["model_version_alias.created"], secret=SECRET)
        assert client.test_webhook(str(webhook.webhook_id)).success
        start = time.monotonic()
        client.set_registered_model_alias(MODEL, "champion", "2")
        until(lambda: versions(bare_target) == ["2"], "the move is acted upon", 30)
        took = time.monotonic() - start
    with capsys.disabled():
        print(f"\ntold through the Service, a moved alias was in the status after {took:.1f} s")

    until(lambda: kept(bare_target) == {("OpenLineage", (namespace, NAME))}, "the ledger of lineage may be written", 60)


def kept(target: Target) -> set[tuple[str, tuple[str, str]]]:
    items = target.get("configmaps", "-n", NAMESPACE)["items"]
    found = [
        body.get("binaryData", {}).get("told.json.gz")
        for body in items
        if body["metadata"]["name"].endswith("-lineage")
    ]
    return set(unpacked(found[0])) if found else set()
