"""Models are resolved, pinned, followed and kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from demo import operator, platform, traffic
from demo.kubectl import Target, until
from tests.node import sdep
from tests.node.mlflow import Mlflow
from tests.node.sdep import NAMESPACE, unit

MODEL = "commodity_price_predictor"


def serve(target: Target, name: str, graph: dict[str, object], **predictor: object) -> None:
    sdep.apply(target, sdep.manifest(name, {"name": "default", "graph": graph, **predictor}))


@pytest.fixture(scope="module")
def registered(mlflow: Mlflow) -> dict[str, str]:
    """What every form of a reference to version 2 says, by form."""
    run = mlflow.version(MODEL, "2")["run_id"]
    mlflow.set_alias(MODEL, "second", "2")
    return {
        "version": f"models:/{MODEL}/2",
        "alias": f"models:/{MODEL}@second",
        "stage": f"models:/{MODEL}/STAGING",
        "run": f"runs:/{run}/model",
    }


@pytest.mark.parametrize("form", ["version", "alias", "stage", "run"])
def test_every_form_of_a_reference_is_pinned_and_served(
    target: Target, registered: dict[str, str], scratch: list[str], form: str
) -> None:
    name = f"resolves-{form}"
    scratch.append(name)
    serve(target, name, unit(registered[form]))
    sdep.wait_ready(target, name)
    (pin,) = sdep.status(target, name)["models"]
    assert pin["uri"] == registered[form]
    assert pin["artifactUri"].startswith("s3://mlflow/")
    assert pin["version"] == ("" if form == "run" else "2")
    sdep.wait_routed(target, name)
    assert len(traffic.predict(target, NAMESPACE, name, [traffic.ROW])) == 1


def test_a_moved_alias_is_followed_without_losing_a_request(target: Target, mlflow: Mlflow, scratch: list[str]) -> None:
    scratch.append("follows-alias")
    uri = f"models:/{MODEL}@followed"
    mlflow.set_alias(MODEL, "followed", "1")
    follow(target, "follows-alias", uri, lambda: mlflow.set_alias(MODEL, "followed", "2"), ("1", "2"))
    assert "ModelMoved" in dict(sdep.events(target, "follows-alias"))


def test_a_moved_stage_is_followed_without_losing_a_request(target: Target, mlflow: Mlflow, scratch: list[str]) -> None:
    """Two versions in one stage: the newer one is meant, as in MLflow."""
    scratch.append("follows-stage")
    uri = f"models:/{MODEL}/staging"
    try:
        follow(target, "follows-stage", uri, lambda: mlflow.move_to_stage(MODEL, "3", "Staging"), ("2", "3"))
    finally:
        mlflow.move_to_stage(MODEL, "3", "None")


def follow(target: Target, name: str, uri: str, move: Callable[[], None], versions: tuple[str, str]) -> None:
    """Serve a reference, move it under load, and see both versions answer and nothing else."""
    before, after = versions
    serve(target, name, unit(uri), replicas=2)
    sdep.wait_ready(target, name)
    sdep.wait_routed(target, name)
    codes, answered = load_while_moving(target, name, move, after)
    assert answered == {f"{MODEL}:{before}", f"{MODEL}:{after}"}
    assert set(codes) == {200}, codes
    (pin,) = sdep.status(target, name)["models"]
    assert (pin["version"], [change["version"] for change in pin["history"]]) == (after, [before])
    assert pin["cause"] == f"{uri} moved in the registry"


def load_while_moving(
    target: Target, name: str, move: Callable[[], None], after: str
) -> tuple[dict[int, int], set[str]]:
    """Steady requests while the reference moves and until the old pods are gone; codes, and the models that answered."""
    stop = threading.Event()
    total = traffic.Answers()

    def load() -> None:
        while not stop.is_set():
            part = traffic.send(target, NAMESPACE, name, 40, connections=2)
            total.codes += part.codes
            total.models |= part.models

    thread = threading.Thread(target=load)
    thread.start()
    try:
        move()
        until(lambda: sdep.status(target, name)["models"][0]["version"] == after, "the move is noticed")
        sdep.wait_ready(target, name)
        until(lambda: len(sdep.pods(target, name)) == 2, "the old pods are gone")
    finally:
        stop.set()
        thread.join()
    return dict(total.codes), total.models


@pytest.mark.parametrize(
    ("uri", "reason", "advice"),
    [
        ("models:/no_such_model/1", "ModelNotFound", "no_such_model"),
        (f"models:/{MODEL}/99", "ModelVersionNotFound", "99"),
        (f"models:/{MODEL}@nobody", "ModelVersionNotFound", "nobody"),
        (f"models:/{MODEL}/archived", "ModelVersionNotFound", "Archived"),
        ("models:/price", "InvalidModelUri", "write models:/"),
    ],
)
def test_what_the_registry_does_not_know_is_a_condition_an_event_and_a_sentence(
    target: Target, scratch: list[str], uri: str, reason: str, advice: str
) -> None:
    name = "unknown-model"
    scratch.append(name)
    serve(target, name, unit(uri))
    found = sdep.wait_for(target, name, "ModelsResolved", reason)
    assert found["status"] == "False"
    assert advice in found["message"]
    assert sdep.status(target, name)["state"] == "Failed"
    until(lambda: reason in dict(sdep.events(target, name)), "the event is posted")


def test_a_secret_that_is_not_there_is_named_and_noticed_when_it_comes(target: Target, scratch: list[str]) -> None:
    scratch.append("no-secret")
    serve(target, "no-secret", unit(f"models:/{MODEL}/1", envSecretRefName="made-late"))
    found = sdep.wait_for(target, "no-secret", "ModelsResolved", "SecretNotFound")
    assert "'made-late'" in found["message"]
    platform.put_secret(target, "made-late", platform.CREDENTIALS)
    try:
        sdep.wait_ready(target, "no-secret")
    finally:
        target.kubectl("delete", "secret", "made-late", "-n", NAMESPACE)


def test_credentials_that_the_store_refuses_are_named_by_the_download(target: Target, scratch: list[str]) -> None:
    scratch.append("wrong-keys")
    platform.put_secret(target, "wrong-keys", {**platform.CREDENTIALS, "AWS_SECRET_ACCESS_KEY": "wrong"})
    serve(target, "wrong-keys", unit(f"models:/{MODEL}/1", envSecretRefName="wrong-keys"))
    found = sdep.wait_for(target, "wrong-keys", "DeploymentsReady", "AccessDenied")
    assert "AWS_SECRET_ACCESS_KEY" in found["message"]
    target.kubectl("delete", "secret", "wrong-keys", "-n", NAMESPACE)


def test_a_registry_that_goes_away_takes_nothing_down_even_if_the_operator_restarts_meanwhile(
    target: Target, scratch: list[str]
) -> None:
    name = "outlives"
    scratch.append(name)
    serve(target, name, unit(f"models:/{MODEL}@champion"))
    sdep.wait_ready(target, name)
    sdep.wait_routed(target, name)
    pinned = sdep.status(target, name)["models"]
    pods = [pod["metadata"]["uid"] for pod in sdep.pods(target, name)]
    _select(target, "nobody")
    try:
        operator.restart(target)  # which also ends the connections that it kept
        sdep.wait_for(target, name, "ModelsResolved", "RegistryUnreachable")
        assert sdep.status(target, name)["models"] == pinned
        assert sdep.status(target, name)["state"] == "Available"
        assert sdep.condition(target, name, "Ready")["status"] == "True"
        assert traffic.predict(target, NAMESPACE, name, [traffic.ROW])
    finally:
        _select(target, "mlflow")
    sdep.wait_for(target, name, "ModelsResolved", "Resolved")
    assert [pod["metadata"]["uid"] for pod in sdep.pods(target, name)] == pods


def _select(target: Target, app: str) -> None:
    """Point MLflow's Service at pods of this label."""
    patch = json.dumps({"spec": {"selector": {"app": app}}})
    target.kubectl("patch", "service", "mlflow", "-n", NAMESPACE, f"-p={patch}")
