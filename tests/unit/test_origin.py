"""What a model was made of is read from MLflow once, pinned with it, and never keeps a model back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import mlflow
import pytest
from aiohttp import web
from mlflow.entities import Dataset, DatasetInput, Run
from mlflow.protos.service_pb2 import GetRun
from mlflow.utils.proto_json_utils import message_to_json

from sdep.api.status import DataVersion, Origin
from sdep.cli.origin import origin_facts, origin_line
from sdep.registry.mlflow import MlflowRegistry
from sdep.registry.origin import from_run, from_tags
from sdep.registry.pin import pin_models
from sdep.registry.reference import AliasReference
from sdep.registry.resolved import Connection, ResolvedModel
from sdep.registry.resolver import Answer
from tests.unit.test_pin import KEY, sdep

COMMIT = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
IMAGE = "ghcr.example/train@sha256:" + "ab" * 32
CHAMPION = AliasReference("price", "champion")
MADE = Origin(
    commit=COMMIT,
    repository="https://git.example/models.git",
    image=IMAGE,
    data=[DataVersion(name="houses", digest="9f86d081")],
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run as MLflow's own client logs it."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    client = mlflow.MlflowClient(tracking_uri=f"file://{tmp_path}/mlruns")
    tags = {
        "mlflow.source.git.commit": COMMIT,
        "mlflow.source.git.repoURL": "https://ann:hunter2@git.example/models.git",
        "mlflow.docker.image.uri": IMAGE,
    }
    made = client.create_run(client.create_experiment("prices"), tags=tags)
    houses = Dataset(name="houses", digest="9f86d081", source_type="s3", source='{"uri": "s3://data/houses"}')
    client.log_inputs(made.info.run_id, [DatasetInput(houses, [])])
    return client.get_run(made.info.run_id)


def as_answered(run: Run) -> dict[str, Any]:
    """What MLflow's server makes of a run."""
    message = GetRun.Response()
    message.run.MergeFrom(run.to_proto())
    found: dict[str, Any] = json.loads(message_to_json(message))
    return found


class Tracking:
    """A tracking server with one model version, whose run may be unreadable for a time."""

    def __init__(self, run: Run, *tags: tuple[str, str]) -> None:
        self.run = run
        self.tags = tags
        self.asked: list[str] = []
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        call = request.path.removeprefix("/api/2.0/mlflow/")
        self.asked.append(call)
        if call == "runs/get":
            return web.json_response(as_answered(self.run), status=self.status)
        if call == "model-versions/get-download-uri":
            return web.json_response({"artifact_uri": "s3://models/price/3"})
        tags = [{"key": key, "value": value} for key, value in self.tags]
        version = {"name": "price", "version": "3", "run_id": self.run.info.run_id, "source": "s3://x", "tags": tags}
        return web.json_response({"model_version": version})


@asynccontextmanager
async def registry(tracking: Tracking) -> AsyncIterator[tuple[MlflowRegistry, Connection]]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", tracking.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as http:
        yield MlflowRegistry(http, 5), Connection(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


async def test_a_model_comes_with_the_commit_data_and_image_of_its_run_which_is_read_once(run: Run) -> None:
    """Following an alias costs no further look at a run that is known, and no password of a remote is shown."""
    tracking = Tracking(run)
    async with registry(tracking) as (mlflow_registry, at):
        found = [await mlflow_registry.lookup(CHAMPION, at) for _ in range(3)]
    assert [model.origin for model in found] == [MADE] * 3
    assert tracking.asked.count("runs/get") == 1


async def test_tags_of_the_version_go_before_those_of_its_run(run: Run) -> None:
    """A pipeline that knows better than MLflow says so on the version."""
    tracking = Tracking(run, ("git_commit", "beef"), ("data_version", "2026-01"), ("served", "yes"))
    async with registry(tracking) as (mlflow_registry, at):
        origin = (await mlflow_registry.lookup(CHAMPION, at)).origin
    assert (origin.commit, origin.data) == ("beef", [DataVersion(name="2026-01")])
    assert origin.image == IMAGE


@pytest.mark.parametrize(("status", "looks"), [(503, 2), (404, 1)])
async def test_a_run_that_cannot_be_read_keeps_no_model_back(run: Run, status: int, looks: int) -> None:
    """A failing server is asked again at the next look; a run that is gone is not."""
    tracking = Tracking(run)
    tracking.status = status
    async with registry(tracking) as (mlflow_registry, at):
        for _ in range(2):
            model = await mlflow_registry.lookup(CHAMPION, at)
            assert (model.version, model.origin) == ("3", Origin())
    assert tracking.asked.count("runs/get") == looks


@pytest.mark.parametrize(
    "odd", [{}, {"data": None, "inputs": None}, {"data": {"tags": [{}, 7, {"key": "git_commit"}]}}]
)
def test_what_a_run_does_not_say_is_unknown(odd: dict[str, Any]) -> None:
    """A run of any shape is read without a fault."""
    assert from_run(odd) == Origin()


def test_what_a_run_says_is_bounded() -> None:
    """A long tag, or many data sets, do not fill a status."""
    sets = [{"dataset": {"name": f"d{number}", "digest": "x" * 4000}} for number in range(100)]
    origin = from_run(
        {"data": {"tags": [{"key": "git_commit", "value": "c" * 9000}]}, "inputs": {"dataset_inputs": sets}}
    )
    assert len(origin.model_dump_json()) < 3000


def test_a_pin_and_its_history_keep_what_the_model_was_made_of() -> None:
    """The origin is pinned with the model, added to a pin that lacked it, and kept while the run cannot be read."""

    def model(version: str, origin: Origin) -> dict[tuple[str, str], Answer]:
        return {KEY: Answer(ResolvedModel(f"s3://models/{version}", "price", version, origin=origin))}

    bare = pin_models(sdep(), model("3", Origin()), (), "2026-01-01T00:00:00Z").pins[KEY]
    known = pin_models(sdep(), model("3", MADE), [bare], "2026-01-02T00:00:00Z").pins[KEY]
    assert (known.origin, known.resolved_at) == (MADE, "2026-01-01T00:00:00Z")
    assert pin_models(sdep(), model("3", Origin()), [known], "2026-01-03T00:00:00Z").pins[KEY] == known
    moved = pin_models(sdep(), model("4", from_tags([])), [known], "2026-01-04T00:00:00Z").pins[KEY]
    assert moved.origin is None
    assert moved.history[0].origin == MADE


def test_a_line_says_it_in_short_and_the_facts_in_full() -> None:
    """People compare the beginning of a digest; `sdep resolve` gives all of it."""
    assert origin_line(MADE) == "commit 1a2b3c4d5e6f · data houses@9f86d081 · image sha256:abababababab"
    assert origin_line(Origin(image="train:1")) == "image train:1"
    assert origin_line(None) == ""
    facts = dict(origin_facts(MADE))
    assert facts == {"code": f"{COMMIT} of {MADE.repository}", "data": "houses@9f86d081", "image": IMAGE}
