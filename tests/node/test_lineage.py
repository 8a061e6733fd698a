"""What catalogues are told by an operator at work, from a manifest's coming to its going, with restarts between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from demo.kubectl import Target, until
from sdep.operator.lineage.ledger import unpacked
from tests.node import sdep
from tests.node.false_registry import FalseRegistry
from tests.node.herd import owned
from tests.node.mlflow import Mlflow
from tests.node.own_operator import Place
from tests.unit.operator.catalogues import Catalogue

SECONDS = 60
DEPLOYMENT = "urn:li:mlModelDeployment:(urn:li:dataPlatform:sdep,sdep-lineage.told,PROD)"


GRAPH = {"name": "m", "modelUri": "models:/priced@champion"}


def telling(registry: FalseRegistry, found: Catalogue) -> dict[str, str]:
    """Settings of an operator that tells both."""
    return {
        "SDEP_MLFLOW_TRACKING_URI": registry.address,
        "SDEP_LINEAGE_DATAHUB_URL": found.url,
        "SDEP_LINEAGE_OPENLINEAGE_URL": found.url,
    }


@contextmanager
def catalogue() -> Iterator[Catalogue]:
    """One that listens in a thread of its own, beside the operator's process."""
    ready, end, found = threading.Event(), asyncio.Event(), Catalogue()
    loop = asyncio.new_event_loop()

    async def listen() -> None:
        async with found:
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),))
    thread.start()
    ready.wait(10)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()


def links(found: Catalogue, version: str) -> list[str]:
    urn = f"urn:li:mlModel:(urn:li:dataPlatform:mlflow,priced_{version},PROD)"
    return list(found.aspects.get((urn, "mlModelProperties"), {}).get("deployments") or ())


def told(place: Place, name: str) -> dict[str, dict[str, Any]]:
    return {one["receiver"]: one for one in place.get("sdep", name).get("status", {}).get("lineage") or ()}


def told_of(place: Place, name: str) -> set[str]:
    """The models that everybody was told of; nothing before all were told the same."""
    known = told(place, name).values()
    return {model for one in known for model in one["models"]} if len({one["digest"] for one in known}) == 1 else set()


def kept(place: Place) -> str:
    """What the ConfigMap that outlives SeldonDeployments remembers."""
    items = place.get("configmaps")["items"]
    return next(
        (body["binaryData"]["told.json.gz"] for body in items if body["metadata"]["name"].endswith("-lineage")), ""
    )


def kinds(found: Catalogue) -> list[str]:
    return [event["eventType"] for event in found.events]


def test_both_are_told_of_each_change_once_whoever_leads_then(bare_target: Target, tmp_path: Path) -> None:
    """Creation, a moved model and the deletion reach both; the status says what was told.

    A restart begins and ends no run: at the most it says once more what was told while the status could not be written.
    """
    with catalogue() as found, FalseRegistry.serving() as registry, Place.made(bare_target, "sdep-lineage") as place:
        settings = telling(registry, found)
        with place.operator(tmp_path, **settings):
            place.make(owned("told", {"name": "default", "replicas": 0, "graph": GRAPH}))
            until(lambda: links(found, "1") == [DEPLOYMENT] and "RUNNING" in kinds(found), "the first is told", SECONDS)
            until(lambda: len(told(place, "told")) == 2, "the status says who was told", SECONDS)
            known = len(found.events)
            registry.version = "2"
            until(lambda: links(found, "2") == [DEPLOYMENT] and links(found, "1") == [], "the move is told", SECONDS)
            until(lambda: kinds(found)[-1] == "RUNNING" and "START" in kinds(found)[known:], "the run is on", SECONDS)
            assert [kind for kind in kinds(found)[known:] if kind != "RUNNING"] == ["COMPLETE", "START"]
            until(lambda: told_of(place, "told") == {"priced/2"}, "the status says that both know of the move", SECONDS)
        said = len(found.events)
        with place.operator(tmp_path, **settings):
            place.make(owned("other", {"name": "default", "replicas": 0, "graph": GRAPH}))
            until(lambda: len(told(place, "other")) == 2, "the next operator tells of another", SECONDS)
            again = [event["eventType"] for event in found.events[said:] if "told" in event["job"]["name"]]
            assert again in ([], ["RUNNING"])
            assert DEPLOYMENT in links(found, "2")
            place.delete_all()
            until(lambda: found.aspects[DEPLOYMENT, "status"]["removed"] is True, "the deletion is told", SECONDS)
            until(lambda: links(found, "2") == [], "no model is linked any more", SECONDS)
            until(lambda: kinds(found).count("COMPLETE") == kinds(found).count("START"), "every run has ended", SECONDS)


def test_what_is_deleted_while_no_operator_runs_is_told_by_the_next(bare_target: Target, tmp_path: Path) -> None:
    """Nothing blocks the deletion, and afterwards nothing in the cluster but the ledger remembers what was told."""
    with catalogue() as found, FalseRegistry.serving() as registry, Place.made(bare_target, "sdep-lineage") as place:
        settings = telling(registry, found)
        with place.operator(tmp_path, **settings):
            place.make(owned("told", {"name": "default", "replicas": 0, "graph": GRAPH}))
            until(lambda: len(told(place, "told")) == 2, "both were told", SECONDS)
            until(
                lambda: {one[0] for one in unpacked(kept(place))} == {"DataHub", "OpenLineage"}, "it is kept", SECONDS
            )
        place.delete_all()
        assert links(found, "1") == [DEPLOYMENT]
        with place.operator(tmp_path, **settings):
            until(lambda: found.aspects[DEPLOYMENT, "status"]["removed"] is True, "the deletion is told", SECONDS)
            until(lambda: links(found, "1") == [], "no model is linked any more", SECONDS)
            until(lambda: kinds(found)[-1] == "COMPLETE", "its run has ended", SECONDS)
            until(lambda: unpacked(kept(place)) == {}, "nothing is kept of it", SECONDS)


@pytest.fixture
def made_of(mlflow: Mlflow) -> str:
    """A registered model whose run says how it was made."""
    name = "made-of"
    tags = [{"key": "mlflow.source.git.commit", "value": "1a2b3c4d"}, {"key": "image_digest", "value": "sha256:ab"}]
    run = mlflow.call("POST", "runs/create", experiment_id="0", tags=tags)["run"]["info"]
    data = {"name": "houses", "digest": "9f86", "source_type": "local", "source": "{}"}
    mlflow.call("POST", "runs/log-inputs", run_id=run["run_id"], datasets=[{"dataset": data}])
    if not mlflow.call("GET", f"registered-models/search?filter=name%3D'{name}'").get("registered_models"):
        mlflow.call("POST", "registered-models/create", name=name)
    version = mlflow.call(
        "POST", "model-versions/create", name=name, source=f"{run['artifact_uri']}/model", run_id=run["run_id"]
    )
    return f"models:/{name}/{version['model_version']['version']}"


def test_the_real_registry_says_what_a_model_was_made_of(target: Target, made_of: str, scratch: list[str]) -> None:
    """Commit, data and image of a run in MLflow's own server are pinned with its model."""
    scratch.append("made-of")
    graph = sdep.unit(made_of, implementation="MLFLOW_SERVER", name="m")
    sdep.apply(target, sdep.manifest("made-of", {"name": "default", "replicas": 0, "graph": graph}))
    until(lambda: bool(sdep.status(target, "made-of").get("models")), "it is pinned", SECONDS)
    (pin,) = sdep.status(target, "made-of")["models"]
    assert pin["origin"]["commit"] == "1a2b3c4d"
    assert pin["origin"]["image"] == "sha256:ab"
    assert pin["origin"]["data"] == [{"name": "houses", "digest": "9f86"}]
