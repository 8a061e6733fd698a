"""What is rendered for an explained predictor, run as processes: init containers, engine and explainer, asked as clients ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import parse
from sdep.api.status import Pin
from sdep.plan import Plan
from sdep.render import render
from sdep.rollout.weights import requested
from sdep.settings import OperatorSettings
from tests.unit.runtime.flavors import FRAME, PRICE, sklearn_regressor
from tests.unit.runtime.program import await_ready, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Body = dict[str, Any]
ROW = [float(value) for value in FRAME.to_numpy()[0]]
QUESTION = {"data": {"ndarray": [ROW]}}
PUBLISHED_CLIENT = """
import sys, json, numpy
from seldon_core.seldon_client import SeldonClient
client = SeldonClient(gateway="istio", gateway_endpoint=sys.argv[1], payload_type="ndarray", deployment_name="prices")
row = numpy.array([json.loads(sys.argv[2])])
answer = client.explain(predictor="main", gateway_prefix="", data=row)
print(json.dumps([answer.success, answer.response]))
"""


def pods(model: str, data: str, unit_port: int) -> dict[str, Body]:
    """Specs by the name of their Deployment."""
    container = {"name": "price", "ports": [{"name": "http", "containerPort": unit_port}]}
    component = {"spec": {"containers": [container]}}
    explainer = {"type": "KernelShap", "reference": {"uri": data}}
    graph = {"name": "price", "implementation": "MLFLOW_SERVER", "modelUri": model}
    body = {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": "prices", "namespace": "shop"},
        "spec": {
            "predictors": [{"name": "main", "graph": graph, "explainer": explainer, "componentSpecs": [component]}]
        },
    }
    sdep = with_defaults(parse(body))
    pins = {("main", "price"): Pin(predictor="main", unit="price", uri=model, artifact_uri=model)}
    made = render(Plan(sdep, pins, requested(sdep.spec.predictors), OperatorSettings(runtime_image="r")))
    return {one.key.name: one.body["spec"]["template"]["spec"] for one in made if one.key.kind == "Deployment"}


def environment(container: Body, root: Path, **more: str) -> dict[str, str]:
    given = {variable["name"]: variable["value"] for variable in container["env"]}
    return {**os.environ, **given, "HOME": str(root), "SDEP_ROOT": str(root), "SDEP_DRAIN_SECONDS": "0", **more}


def command(container: Body, root: Path) -> list[str]:
    """Its arguments, with what is below / below `root` instead."""
    words = [str(root) + word if word.startswith("/mnt/models/") else word for word in container["args"]]
    return [sys.executable, "-m", "sdep", *words]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The engine's address; its explainer runs beside it."""
    folder = tmp_path_factory.mktemp("pods")
    sklearn_regressor(folder / "saved")
    FRAME.assign(price=PRICE).to_csv(folder / "training.csv", index=False)
    unit_port, *others = free_ports(3)
    ports = dict(zip(("prices-main-explainer", "prices-main-0-price"), others, strict=True))
    rendered = pods(str(folder / "saved"), str(folder / "training.csv"), unit_port)
    with ExitStack() as stack:
        for name, port in ports.items():
            root = folder / name
            (container,) = rendered[name]["containers"]
            for fetch in rendered[name]["initContainers"]:
                (root / fetch["args"][2].lstrip("/")).mkdir(parents=True)
                subprocess.run(command(fetch, root), check=True, env=environment(fetch, root), capture_output=True)
            more = {
                "SDEP_EXPLAINER_ADDRESS": f"127.0.0.1:{ports['prices-main-explainer']}",
                "SDEP_HTTP_PORT": str(port),
            }
            log = stack.enter_context((root / "log").open("w"))
            told = environment(container, root, SDEP_GRPC_PORT="", **more)
            process = stack.enter_context(subprocess.Popen(command(container, root), env=told, stdout=log))
            stack.callback(process.kill)
        for port in ports.values():
            await_ready(f"http://127.0.0.1:{port}/ready")
        yield f"127.0.0.1:{ports['prices-main-0-price']}"


def ask(engine: str, path: str, **headers: str) -> tuple[str, bytes]:
    request = urllib.request.Request(
        f"http://{engine}{path}", json.dumps(QUESTION).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers["Content-Type"], answer.read()


@pytest.mark.parametrize("path", ["/api/v1.0/explanations", "/api/v1.0/explain", "/api/v0.1/explain"])
def test_the_predictors_own_port_explains_its_prediction(engine: str, path: str) -> None:
    """Contributions by the model's own names, which sum to what the same port predicts, less the base."""
    data = json.loads(ask(engine, path)[1])["data"]
    price = json.loads(ask(engine, "/api/v1.0/predictions")[1])["data"]["ndarray"][0]
    assert data["feature_names"] == list(FRAME.columns)
    assert sum(data["shap_values"][0][0]) + data["expected_value"][0] == pytest.approx(price)


def test_a_picture_is_one_on_the_way_too(engine: str) -> None:
    """`Accept` reaches the explainer, and its kind of answer the client."""
    kind, picture = ask(engine, "/api/v1.0/explanations", Accept="image/svg+xml")
    assert kind == "image/svg+xml"
    assert picture.lstrip().startswith(b"<svg")


def test_the_published_client_explains(engine: str, seldon_client_python: Path) -> None:
    """`SeldonClient.explain` of v1, which knows nothing but its own path and shape."""
    asked = [str(seldon_client_python), "-W", "ignore", "-c", PUBLISHED_CLIENT, engine, json.dumps(ROW)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    success, explanation = json.loads(done.stdout.splitlines()[-1])
    assert success
    assert explanation["meta"]["name"] == "KernelShap"
    assert explanation["data"]["feature_names"] == list(FRAME.columns)
