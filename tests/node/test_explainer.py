"""The seed's explainer without an image of its own: what it lacks, and how it is asked once it has that."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from demo import traffic
from demo.kubectl import Target, until
from demo.platform import NAMESPACE
from demo.target import ROOT
from sdep.contract import EXPLAINER_PORT
from sdep.operator.page.pictures import Pictures, session
from tests.node import sdep
from tests.node.forward import forwarded

NAME, MODEL = "explainable-model", "explained_price"
GATEWAY_PATH = f"/seldon/{NAMESPACE}/{NAME}-explainer/default/api/v1.0/explain"

TRAIN = """
import json, mlflow, pandas
from mlflow.models import infer_signature
from sklearn.ensemble import GradientBoostingRegressor
oil, gas, eurusd = range(50, 110), [2 + n % 7 for n in range(60)], [1 + n % 11 / 50 for n in range(60)]
prices = pandas.DataFrame({"oil": oil, "gas": gas, "eurusd": eurusd}).astype(float)
target = prices["oil"] * 1.01 + prices["gas"]
estimator = GradientBoostingRegressor(n_estimators=10, random_state=7).fit(prices, target)
with mlflow.start_run() as run:
    info = mlflow.sklearn.log_model(estimator, name="model", registered_model_name="explained_price", pip_requirements=[],
        signature=infer_signature(prices, estimator.predict(prices)), serialization_format="cloudpickle")
table = prices.assign(target=target).to_csv(index=False)
print(json.dumps([info.registered_model_version, run.info.artifact_uri + "/reference_data.csv", table]))
"""
STORE = """
import boto3, os, sys
from urllib.parse import urlsplit
place = urlsplit(sys.argv[1])
store = boto3.client("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"])
store.put_object(Bucket=place.netloc, Key=place.path.lstrip("/"), Body=sys.argv[2].encode())
"""
PUBLISHED_CLIENT = """
import sys, json, numpy
from seldon_core.seldon_client import SeldonClient
client = SeldonClient(gateway="istio", gateway_endpoint=sys.argv[1], namespace="data-platform",
                      deployment_name="explainable-model", payload_type="ndarray")
answer = client.explain(predictor="default", data=numpy.array([[75.5, 3.2, 1.18]]))
print(json.dumps([answer.success, answer.response]))
"""


def in_mlflow(target: Target, program: str, *arguments: str) -> str:
    """Run a program where MLflow and its store can be reached."""
    command = ("exec", "-n", NAMESPACE, "deploy/mlflow", "--", "env", "MLFLOW_TRACKING_URI=http://localhost:5000")
    return target.kubectl(*command, "python", "-W", "ignore", "-c", program, *arguments)


def manifest(version: str) -> dict[str, Any]:
    graph = sdep.unit(f"models:/{MODEL}/{version}", name="model", implementation="MLFLOW_SERVER")
    explainer = {"type": "AnchorTabular", "containerSpec": {"name": "explainer"}, "config": {"threshold": "0.9"}}
    return sdep.manifest(NAME, {"name": "default", "graph": graph, "explainer": explainer})


def explained_at_port_8000(target: Target) -> dict[str, Any]:
    """As the seed's own curl asks."""
    with forwarded(target, NAMESPACE, f"svc/{NAME}-default", 8000) as port:
        request = urllib.request.Request(
            f"http://localhost:{port}/api/v1.0/explanations",
            json.dumps({"data": {"ndarray": [traffic.ROW]}}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.loads(answer.read())
    return found


def asked_of_gateway(target: Target, accept: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(target.gateway, timeout=60)
    body = json.dumps({"data": {"ndarray": [traffic.ROW]}})
    connection.request("POST", GATEWAY_PATH, body, {"Content-Type": "application/json", "Accept": accept})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def shown_on_the_page(target: Target) -> bytes:
    """As the operator's page asks the explainer for its picture."""

    async def drawn(port: int) -> bytes:
        async with session() as http:
            return await Pictures(http).of(f"127.0.0.1:{port}", NAME)

    with forwarded(target, NAMESPACE, f"svc/{NAME}-default-explainer", EXPLAINER_PORT) as port:
        return asyncio.run(drawn(port))


def is_anchor(explanation: dict[str, Any]) -> bool:
    """In v1's shape, with rules that speak of the model's own columns."""
    data = explanation["data"]
    named = all(any(column in rule for column in ("oil", "gas", "eurusd")) for rule in data["anchor"])
    return explanation["meta"]["name"] == "AnchorTabular" and named and {"precision", "coverage", "raw"} <= data.keys()


def test_an_explainer_says_what_it_lacks_and_then_explains(
    target: Target, scratch: list[str], seldon_client_python: Path
) -> None:
    """Predictions need no data, and a condition says what to log. Once that is there, it explains by itself.

    At the predictor's own port, as the seed's curl asks; at v1's path of the gateway, with a picture; to the published client.
    """
    version, place, table = json.loads(in_mlflow(target, TRAIN).splitlines()[-1])
    scratch.append(NAME)
    sdep.apply(target, manifest(version))
    lacking = sdep.wait_for(target, NAME, "ExplainersReady", "ReferenceNotFound")
    assert "reference_data.csv" in lacking["message"]
    assert sdep.first_answer(target, NAMESPACE, NAME, [traffic.ROW])
    sdep.wait_for(target, NAME, "DeploymentsReady", "MinimumReplicasAvailable")
    assert sdep.status(target, NAME)["state"] == "Available"
    told = subprocess.run(
        [sys.executable, "-m", "sdep", "explain", NAME, "-n", NAMESPACE],
        cwd=ROOT,
        env=target.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ReferenceNotFound" in told.stdout, told.stdout + told.stderr

    in_mlflow(target, STORE, place, table)
    sdep.wait_ready(target, NAME)
    assert is_anchor(explained_at_port_8000(target))
    until(lambda: asked_of_gateway(target, "*/*")[0] == 200, "the gateway routes to the explainer")
    assert b"<svg" in asked_of_gateway(target, "image/svg+xml")[1]
    assert b"Of a typical row, the medians of the reference data: oil" in shown_on_the_page(target)
    command = [str(seldon_client_python), "-W", "ignore", "-c", PUBLISHED_CLIENT, target.gateway]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    success, explanation = json.loads(done.stdout.splitlines()[-1])
    assert success
    assert is_anchor(explanation)
