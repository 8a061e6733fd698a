"""The Open Inference Protocol and TensorFlow's, through the gateway: for what is deployed already, and for `protocol: v2`."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any

import pytest

from demo import traffic
from demo.kubectl import Target
from demo.patterns import Pattern
from demo.target import ROOT
from tests.node import sdep
from tests.node.forward import forwarded
from tests.node.sdep import NAMESPACE

GUIDE = ROOT / "docs" / "guides" / "serving.md"


def _ask(target: Target, name: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    connection = http.client.HTTPConnection(target.gateway, timeout=10)
    method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
    connection.request(method, f"/seldon/{NAMESPACE}/{name}{path}", sent, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, said
    return said


def _columns(target: Target, name: str) -> list[dict[str, Any]]:
    """The demo's row, one tensor for each column that the model's metadata names."""
    inputs = _ask(target, name, f"/v2/models/{name}")["inputs"]
    return [
        {"name": told["name"], "datatype": "FP64", "shape": [1], "data": [value]}
        for told, value in zip(inputs, traffic.ROW, strict=True)
    ]


@pytest.mark.parametrize("pattern", ["simple", "ensemble"])
def test_every_protocol_gives_the_same_answer(target: Target, served: dict[str, Pattern], pattern: str) -> None:
    name = served[pattern].name
    expected = pytest.approx(traffic.predict(target, NAMESPACE, name, [traffic.ROW]))
    matrix = {"name": "x", "datatype": "FP64", "shape": [1, len(traffic.ROW)], "data": traffic.ROW}

    for inputs in ([matrix], _columns(target, name)):
        found = _ask(target, name, f"/v2/models/{name}/infer", {"inputs": inputs})
        assert found["outputs"][0]["data"] == expected
    assert _ask(target, name, "/v1/models:predict", {"instances": [traffic.ROW]})["predictions"] == expected


def test_the_requests_of_the_guide_are_answered(target: Target, served: dict[str, Pattern]) -> None:
    """In the Seldon protocol, in MLflow's and in V2, as the guide writes them."""
    (requests,) = re.findall(r"^```sh\n(curl .*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    service = f"svc/{served['simple'].name}-default"
    with forwarded(target, NAMESPACE, service, 8000) as port:
        told = target.run(
            "bash", "-euc", requests.replace("localhost:8080", f"localhost:{port}").replace("curl", "curl -sf")
        )

    answers = json.loads("[" + told.replace("\n", "").replace("}{", "},{") + "]")
    found = [*answers[0]["data"]["ndarray"], *answers[1]["predictions"], *answers[2]["outputs"][0]["data"]]
    assert found == pytest.approx([found[0]] * 3)


def test_protocol_v2_is_served_in_process(target: Target, served: dict[str, Pattern], scratch: list[str]) -> None:
    """A manifest with `protocol: v2` and a prepackaged server is ready without a word of warning, and answers at the address it tells."""
    assert served
    name = "protocol-v2"
    graph = sdep.unit("models:/commodity_price_predictor/1", name="price", implementation="MLFLOW_SERVER")
    scratch.append(name)
    sdep.apply(target, sdep.manifest(name, {"name": "default", "graph": graph}, protocol="v2"))
    sdep.wait_ready(target, name, 240)
    sdep.wait_routed(target, name)

    assert sdep.condition(target, name, "SpecValid")["reason"] == "Valid"
    assert sdep.status(target, name)["address"]["url"].endswith("/v2/models/price/infer")
    found = _ask(target, name, "/v2/models/price/infer", {"inputs": _columns(target, name)})
    assert (found["model_name"], found["model_version"], found["outputs"][0]["shape"]) == ("price", "1", [1, 1])
