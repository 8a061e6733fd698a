"""What is asked of the registry, and with whose credentials."""

from __future__ import annotations

import base64
from typing import Any, cast

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import parse
from sdep.cluster.client import Cluster
from sdep.errors import TransientError
from sdep.operator.questions import Questions
from sdep.registry.reference import RegistryReference, VersionReference
from sdep.registry.resolved import Connection, ResolvedModel
from sdep.registry.resolver import Resolver
from sdep.render.manifest import Key
from sdep.settings import OperatorSettings

GRAPH = {"name": "m", "modelUri": "models:/price/1", "envSecretRefName": "keys"}
SDEP = with_defaults(
    parse(
        {
            "apiVersion": "machinelearning.seldon.io/v1",
            "kind": "SeldonDeployment",
            "metadata": {"name": "prices", "namespace": "data"},
            "spec": {"predictors": [{"name": "main", "graph": GRAPH}]},
        }
    )
)


class MemoryCluster:
    """Holds one secret, which can change, and an API server that can go away."""

    def __init__(self) -> None:
        self.user = "ann"
        self.down = False

    async def get(self, key: Key) -> dict[str, Any]:
        assert key == Key("v1", "Secret", "data", "keys")
        if self.down:
            raise TransientError("ApiServerUnreachable", "gone")
        return {"data": {"MLFLOW_TRACKING_USERNAME": base64.b64encode(self.user.encode()).decode()}}


class MemoryRegistry:
    async def lookup(self, reference: RegistryReference, connection: Connection) -> ResolvedModel:
        assert reference == VersionReference("price", "1")
        return ResolvedModel(f"s3://models/{connection.username}", "price", "1")


def questions(cluster: MemoryCluster) -> Questions:
    settings = OperatorSettings(runtime_image="r", mlflow_tracking_uri="http://mlflow")
    return Questions(cast("Cluster", cluster), Resolver(MemoryRegistry()), settings)


async def test_a_changed_secret_wakes_those_who_name_it_and_is_used_from_then_on() -> None:
    cluster = MemoryCluster()
    asking = questions(cluster)
    await asking.answers(SDEP)
    assert await asking.refresh() == set()
    cluster.user = "bob"
    assert await asking.refresh() == {SDEP.key}
    (answer,) = (await asking.answers(SDEP)).values()
    assert answer.model == ResolvedModel("s3://models/bob", "price", "1")


async def test_an_api_server_that_does_not_answer_during_a_refresh_ends_nothing() -> None:
    cluster = MemoryCluster()
    asking = questions(cluster)
    await asking.answers(SDEP)
    cluster.down = True
    assert await asking.refresh() == set()


async def test_what_a_program_of_the_users_fetches_is_asked_of_nobody_whatever_its_uri_says() -> None:
    own = {"name": "m", "implementation": "SKLEARN_SERVER", "modelUri": "my-remote:bucket/model"}
    container = {"name": "m-model-initializer", "image": "rclone"}
    written = {"initContainers": [container], "containers": [{"name": "m"}]}
    for predictor in (
        {"name": "main", "graph": own, "componentSpecs": [{"spec": written}]},
        {"name": "main", "graph": {**own, "storageInitializerImage": "rclone"}},
    ):
        sdep = with_defaults(parse({**SDEP.to_manifest(), "spec": {"predictors": [predictor]}}))
        (answer,) = (await questions(MemoryCluster()).answers(sdep)).values()
        assert answer.fault is None
