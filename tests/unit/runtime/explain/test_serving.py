"""The explainer as its clients meet it: paths, protocols, pictures, errors, and the process itself."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sdep.contract import ENV_EXPLAINER, EXAMPLE_PATH, ServedExplainer
from sdep.errors import InvalidError
from sdep.runtime.errors import LoadError, RemoteError
from sdep.runtime.explain.asking import Asking
from sdep.runtime.explain.context import Context
from sdep.runtime.explain.example import example_of
from sdep.runtime.explain.explanation import Bar, Curve, Picture
from sdep.runtime.explain.picture import drawn
from sdep.runtime.explain.server import ExplainServer
from sdep.runtime.explain.settings import ExplainSettings, read_explain_settings
from sdep.runtime.explain.subject import load_context
from sdep.runtime.reference.reference import FOLDER, Reference, save_reference
from tests.unit.runtime.conftest import Client, model_unit
from tests.unit.runtime.explain.conftest import NAMES, PRICE, ROWS
from tests.unit.runtime.explain.program import PROGRAM, explaining
from tests.unit.runtime.program import running

ROW = [0.5, -1.0, 2.0, 0.0]
TEXT = "{http://www.w3.org/2000/svg}text"
EXAMPLE = [0.25, -2.0, 1.0, 3.0]
SEND = {"data": {"ndarray": [ROW]}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for `/`: three models beside their reference data, one with an example; and one without any."""
    home = tmp_path_factory.mktemp("home")
    frame = pd.DataFrame(ROWS, columns=list(NAMES))
    for name, model in (
        ("linear", LinearRegression()),
        ("tree", DecisionTreeRegressor(max_depth=5)),
        ("bare", LinearRegression()),
        ("shown", LinearRegression()),
    ):
        folder = home / "mnt/models" / name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's own, while saving
            signature = infer_signature(frame, PRICE)
            options: dict[str, Any] = {"serialization_format": "cloudpickle", "pip_requirements": ["scikit-learn"]}
            if name == "shown":
                options["input_example"] = pd.DataFrame([EXAMPLE, ROW], columns=list(NAMES))
            mlflow.sklearn.save_model(model.fit(frame, PRICE), str(folder), signature=signature, **options)
        if name != "bare":
            save_reference(folder / FOLDER, Reference(NAMES, tuple(ROWS.T), PRICE))
    return home


def settings(home: Path, type_: str, model: str = "linear", **told: Any) -> ExplainSettings:  # noqa: ANN401
    given = {"type": type_, "model": model, "predictor": "http://127.0.0.1:1", "modelDirectory": f"/mnt/models/{model}"}
    explainer = ServedExplainer.model_validate({**given, **told})
    environment = {
        ENV_EXPLAINER: explainer.model_dump_json(by_alias=True),
        "SDEP_ROOT": str(home),
        "SDEP_MAX_QUEUE": "1",
    }
    return read_explain_settings({**environment, "SDEP_THREADS": "1"})


@pytest.fixture(scope="module")
def explainer(home: Path) -> Callable[..., Client]:
    def make(type_: str, model: str = "linear", **told: Any) -> Client:  # noqa: ANN401
        server = ExplainServer(settings(home, type_, model, **told))
        server._routes.desk = server._opened()
        server._lifecycle.loaded()
        return Client(server.config.app, server._lifecycle)  # type: ignore[arg-type]

    return make


async def _posted(client: Client, path: str, body: object, **headers: str) -> Any:  # noqa: ANN401 - an answer
    return await client.send("POST", path, json.dumps(body).encode(), **headers)


@pytest.mark.parametrize(
    "path",
    ["/api/v1.0/explain", "/api/v1.0/explanations", "/api/v0.1/explain", "/v1/models/m:explain", "/v1/models/:explain"],
)
async def test_every_path_of_v1s_explains(explainer: Callable[..., Client], path: str) -> None:
    """In v1's shape: what the method is called, and its data; the terms of a linear model."""
    body = {"instances": [ROW]} if "models" in path else SEND
    answer = await _posted(explainer("KernelShap"), path, body)
    assert (answer.code, answer.headers["content-type"]) == (200, "application/json; charset=UTF-8")
    said = answer.json
    assert said["meta"]["name"] == "KernelShap"
    assert said["data"]["feature_names"] == list(NAMES)
    values, base = said["data"]["shap_values"][0][0], said["data"]["expected_value"][0]
    assert base + sum(values) == pytest.approx(said["data"]["raw"]["raw_prediction"][0])
    assert said["data"]["raw"]["instances"] == [ROW]


async def test_the_open_inference_protocol_gets_the_json_as_text(explainer: Callable[..., Client]) -> None:
    tensor = {"name": "input", "shape": [1, 4], "datatype": "FP64", "data": ROW}
    answer = await _posted(explainer("TreeShap", "tree"), "/v2/models/tree/infer", {"id": "7", "inputs": [tensor]})
    said = answer.json
    assert (said["model_name"], said["id"], said["outputs"][0]["datatype"]) == ("tree", "7", "BYTES")
    assert json.loads(said["outputs"][0]["data"][0])["meta"]["name"] == "TreeShap"


async def test_names_put_the_columns_in_order(explainer: Callable[..., Client]) -> None:
    """The same row, written backwards with its names, is explained alike; names that are nobody's change nothing."""
    client = explainer("KernelShap")
    plain = (await _posted(client, "/api/v1.0/explain", SEND)).json["data"]
    backwards = {"data": {"names": list(reversed(NAMES)), "ndarray": [ROW[::-1]]}}
    assert (await _posted(client, "/api/v1.0/explain", backwards)).json["data"] == plain
    foreign = {"data": {"names": ["t:0", "t:1", "t:2", "t:3"], "tensor": {"shape": [1, 4], "values": ROW}}}
    assert (await _posted(client, "/api/v1.0/explain", foreign)).json["data"] == plain


@pytest.mark.parametrize(
    ("type_", "model"),
    [
        ("AnchorTabular", "tree"),
        ("KernelShap", "linear"),
        ("TreeShap", "tree"),
        ("LimeTabular", "linear"),
        ("PermutationImportance", "tree"),
        ("ALE", "tree"),
        ("IntegratedGradients", "linear"),
        ("Counterfactuals", "tree"),
    ],
)
async def test_every_method_answers_with_json_and_with_a_picture(
    explainer: Callable[..., Client], type_: str, model: str
) -> None:
    """The picture is well-formed, has the names of features in it, and nothing is drawn beyond its edges."""
    client = explainer(type_, model)
    said = (await _posted(client, "/api/v1.0/explain", SEND)).json
    assert said["meta"]["name"] == type_
    answer = await _posted(client, "/api/v1.0/explain", SEND, accept="image/svg+xml,*/*;q=0.1")
    assert (answer.code, answer.headers["content-type"]) == (200, "image/svg+xml")
    whole = ET.fromstring(answer.body)  # noqa: S314 - our own
    texts = " ".join(each.text or "" for each in whole.iter(TEXT))
    assert any(name in texts for name in NAMES)
    width = float(whole.attrib["width"])
    for bar in whole.iter("{http://www.w3.org/2000/svg}rect"):
        if "x" in bar.attrib:
            assert 0 <= float(bar.attrib["x"]) <= float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width


def test_a_picture_keeps_long_names_apart_and_what_stands_beside_them() -> None:
    """A name is cut, and the value beside it is not; a small plot's name ends before the next plot begins."""
    name = "the_rain_in_the_catchment_of_the_river_of_the_last_seven_days"
    bars = ET.fromstring(drawn(Picture("t", bars=[Bar(name, 1.0, "= 12.345")])))  # noqa: S314 - our own
    (label,) = [each.text or "" for each in bars.iter(TEXT) if (each.text or "").startswith("the_rain")]
    assert label.endswith("… = 12.345")
    assert len(label) <= 56
    curves = drawn(Picture("t", curves=[Curve(name, [0, 1], [0, 1])] * 2))
    assert max(len(each.text or "") for each in ET.fromstring(curves).iter(TEXT)) <= 24  # noqa: S314


async def test_who_prefers_dark_has_other_colours_for_every_one_that_is_drawn(explainer: Callable[..., Client]) -> None:
    for type_, model in (("KernelShap", "linear"), ("ALE", "tree"), ("AnchorTabular", "tree")):
        answer = await explainer(type_, model).send("GET", EXAMPLE_PATH, b"", accept="image/svg+xml")
        dark, _, shapes = answer.body.decode().partition("</style>")
        used = set(re.findall(r'(fill|stroke)="(#\w+)"', shapes))
        assert used
        assert all(f'[{what}="{colour}"]{{{what}:#' in dark for what, colour in used)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"{", 400, "is not JSON"),
        (b'{"strData": "hello"}', 400, "holds no rows to explain"),
        (
            b'{"data": {"ndarray": [[1, 2]]}}',
            400,
            "rows hold 2 values, and the model has 4 features: oil, gas, fx, rain",
        ),
        (b'{"data": {"names": ["oil", "x"], "ndarray": [[1, 2]]}}', 400, "lacks gas, fx, rain"),
        (b'{"data": {"ndarray": [["a", "b", "c", "d"]]}}', 400, "takes double"),
        (b"[1]", 400, "must be a JSON object"),
    ],
)
async def test_a_request_that_cannot_be_explained_is_told_why(
    explainer: Callable[..., Client], body: bytes, code: int, words: str
) -> None:
    """v1's status object, the right code, and no trace."""
    answer = await explainer("KernelShap").send("POST", "/api/v1.0/explain", body)
    assert answer.code == code
    assert words in answer.json["status"]["info"]
    assert answer.json["status"]["status"] == "FAILURE"


async def test_other_pictures_and_other_methods_are_refused(explainer: Callable[..., Client]) -> None:
    client = explainer("KernelShap")
    png = await _posted(client, "/api/v1.0/explain", SEND, accept="image/png")
    assert (png.code, png.json["status"]["reason"]) == (406, "NOT_ACCEPTABLE")
    assert "image/svg+xml alone" in png.json["status"]["info"]
    assert (await client.get("/api/v1.0/explain")).code == 405
    assert (await client.get("/api/v1.0/explanations")).code == 405
    assert (await client.get("/api/v1.0/predictions")).code == 404
    assert (await _posted(client, "/v2/models/m/generate", {})).code == 404


async def test_a_row_that_nobody_sends_is_the_input_example(explainer: Callable[..., Client]) -> None:
    """In JSON and as a picture, which says what it is of; an explanation of the whole model is of no row."""
    client = explainer("KernelShap", "shown")
    assert (await client.get(EXAMPLE_PATH)).json["data"]["raw"]["instances"] == [EXAMPLE]
    picture = await client.send("GET", EXAMPLE_PATH, b"", accept="image/svg+xml")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "Of the model&#x27;s input example: oil 0.25, gas -2, fx 1, rain 3" in picture.body.decode()
    assert (
        "Of the" not in (await explainer("ALE", "shown").send("GET", EXAMPLE_PATH, b"", accept="image/*")).body.decode()
    )


async def test_without_one_it_is_the_medians_of_the_reference_data(explainer: Callable[..., Client]) -> None:
    """Each a value that occurs; no row of the data is shown. Without data either, the answer says what to do."""
    data = (await explainer("KernelShap").get(EXAMPLE_PATH)).json["data"]
    (row,) = data["raw"]["instances"]
    assert row == [pytest.approx(np.quantile(column, 0.5, method="inverted_cdf")) for column in ROWS.T]
    assert row not in ROWS.tolist()
    nothing = await explainer("IntegratedGradients", "bare").get(EXAMPLE_PATH)
    assert (nothing.code, "save the model with an input_example" in nothing.json["status"]["info"]) == (400, True)


def test_of_categories_the_most_frequent_one_is_usual() -> None:
    names = ("region", "oil", "empty")
    columns = (np.array(["n", "s", "s"], object), np.array([1.0, np.nan, 3.0]), np.array([np.nan] * 3))
    context = Context(predict=lambda rows: rows[:, 1], names=names, reference=Reference(names, columns))
    rows, what = example_of(context)
    assert rows.tolist()[0][:2] == ["s", 1.0]
    assert np.isnan(rows[0, 2])
    assert "medians of the reference data" in what


async def test_what_is_explained_is_what_is_served(tmp_path: Path) -> None:
    """v1's server for scikit-learn gives probabilities, of a folder of MLflow's too; what the unit's parameters say comes first."""
    frame = pd.DataFrame(ROWS, columns=list(NAMES))
    folder = tmp_path / "mnt/models/rising"
    model = DecisionTreeClassifier(max_depth=4).fit(frame, ROWS[:, 0] > 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, while saving
        options: dict[str, Any] = {"serialization_format": "cloudpickle", "pip_requirements": ["scikit-learn"]}
        mlflow.sklearn.save_model(model, str(folder), signature=infer_signature(frame, model.predict(frame)), **options)
    save_reference(folder / FOLDER, Reference(NAMES, tuple(ROWS.T)))
    method = [{"name": "method", "value": "predict", "type": "STRING"}]
    shapes = []
    for told in (
        {"implementation": "SKLEARN_SERVER"},
        {"implementation": "MLFLOW_SERVER"},
        {"implementation": "SKLEARN_SERVER", "parameters": method},
        {"implementation": "MLFLOW_SERVER", "config": {"predict_method": "predict_proba"}},
    ):
        found = settings(tmp_path, "KernelShap", "rising", **told)
        shapes.append(load_context(found).scores(ROWS[:1]).shape)
    assert shapes == [(1, 2), (1, 1), (1, 1), (1, 2)]


async def test_probes_and_metrics_are_the_engines(explainer: Callable[..., Client]) -> None:
    client = explainer("KernelShap")
    await _posted(client, "/api/v1.0/explain", SEND)
    assert (await client.get("/ready")).code == 200
    page = (await client.get("/prometheus")).body.decode()
    assert 'service="explanations"' in page


async def test_too_many_that_wait_are_refused(home: Path) -> None:
    """One is made, one waits; the third is told to come again, and the two are answered."""
    server = ExplainServer(settings(home, "KernelShap"))
    server._routes.desk = desk = server._opened()
    client = Client(server.config.app, server._lifecycle)  # type: ignore[arg-type]
    go = threading.Event()
    made = desk._method.explain
    desk._method = desk._method._replace(explain=lambda rows, context: (go.wait(30), made(rows, context))[1])
    waiting = [asyncio.ensure_future(_posted(client, "/api/v1.0/explain", SEND)) for _ in range(2)]
    await asyncio.sleep(0)
    refused = await _posted(client, "/api/v1.0/explain", SEND)
    go.set()
    assert (refused.code, refused.headers["retry-after"]) == (429, "1")
    assert [answer.code for answer in await asyncio.gather(*waiting)] == [200, 200]


@pytest.mark.parametrize(
    ("type_", "model", "config", "words"),
    [
        (
            "TreeShap",
            "linear",
            {},
            "TreeShap: TreeShap takes trees, and the model is a LinearRegression: use KernelShap",
        ),
        ("IntegratedGradients", "tree", {}, "needs gradients"),
        ("AnchorTabular", "bare", {}, "there is no reference data"),
        ("AnchorTabular", "tree", {"threshold": "high"}, "explainer.config.threshold must be a number, not 'high'"),
        ("AnchorImages", "tree", {}, "'AnchorImages' is none of"),
    ],
)
def test_what_keeps_it_from_explaining_is_known_before_anybody_asks(
    home: Path, type_: str, model: str, config: dict[str, str], words: str
) -> None:
    with pytest.raises(LoadError, match=words):
        ExplainServer(settings(home, type_, model, config=config))._opened()


@pytest.mark.parametrize("protocol", ["seldon", "v2", "tensorflow"])
def test_a_predictor_elsewhere_is_asked_in_its_protocol(root: Path, protocol: str) -> None:
    """A real engine: many rows in one call, and its own words where it refuses them."""
    with running(root, model_unit("regression")) as engine:
        told = ServedExplainer(
            type="KernelShap", model="regression", predictor=f"http://127.0.0.1:{engine.port}", protocol=protocol
        )
        ask = Asking(told, ("oil", "gas", "fx"))
        rows = np.random.default_rng(0).normal(size=(500, 3))
        assert ask(rows).reshape(-1) == pytest.approx(rows @ [1, 2, 3] + 4)
        with pytest.raises(RemoteError, match="takes double"):
            ask(np.array([["a", 1.0, 2.0]], object))


def test_a_predictor_that_is_not_there_is_named() -> None:
    ask = Asking(ServedExplainer(type="ALE", model="m", predictor="http://127.0.0.1:1"), ())
    with pytest.raises(RemoteError, match=r"no answer from http://127\.0\.0\.1:1"):
        ask(np.zeros((1, 2)))


def test_the_program_explains_until_it_is_told_to_end(home: Path) -> None:
    """From its environment alone: ready, an answer over a real connection, exit code 0 after a drain."""
    told = settings(home, "AnchorTabular", "tree", config={"threshold": "0.9"}).explainer
    with explaining(home, told) as program:
        url = f"http://127.0.0.1:{program.port}/api/v1.0/explain"
        request = urllib.request.Request(url, json.dumps(SEND).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            assert json.load(response)["data"]["precision"] >= 0.88
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(30) == 0


def test_who_explains_gives_way_to_who_predicts(home: Path) -> None:
    with explaining(home, settings(home, "ALE", "tree").explainer) as program:
        assert os.getpriority(os.PRIO_PROCESS, program.process.pid) > os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"OMP_NUM_THREADS": "2"}, "2")])
def test_a_library_gets_one_thread_unless_told_otherwise(given: dict[str, str], threads: str) -> None:
    program = (
        "from sdep.runtime.explain.main import stand_back; stand_back();"
        "import sklearn.ensemble, threadpoolctl;"
        "print({one['num_threads'] for one in threadpoolctl.threadpool_info() if one['user_api'] == 'openmp'})"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"} | given
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, timeout=90)
    assert done.stdout.decode().strip() == f"{{{threads}}}"


def test_the_program_leaves_why_it_cannot_explain_as_its_last_words(home: Path) -> None:
    told = settings(home, "TreeShap").explainer
    environment = {
        **os.environ,
        ENV_EXPLAINER: told.model_dump_json(by_alias=True),
        "SDEP_ROOT": str(home),
        "SDEP_HTTP_PORT": "0",
        "SDEP_TERMINATION_LOG": str(home / "words"),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, timeout=90, check=False
    )
    assert done.returncode == 1
    assert "TreeShap takes trees" in (home / "words").read_text()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "SDEP_EXPLAINER does not hold an explainer"),
        ({ENV_EXPLAINER: '{"type": "ALE", "model": "m", "predictor": "", "x": 1}'}, "does not hold an explainer"),
    ],
)
def test_an_environment_that_says_nothing_is_refused(environment: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        read_explain_settings(environment)


def test_seeds_are_v1s() -> None:
    told = {ENV_EXPLAINER: '{"type": "ALE", "model": "m", "predictor": ""}'}
    assert read_explain_settings(told).seed == 0
    assert read_explain_settings({**told, "EXPLAIN_RANDOM_SEED_VALUE": "7"}).seed == 7
    assert read_explain_settings({**told, "EXPLAIN_RANDOM_SEED": "False"}).seed is None
