"""What the steps of a pipeline ask of the API server, and what they say when it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdep.errors import InvalidError, TransientError
from sdep.pipelines import steps
from sdep.registry.hold import HOLD_ANNOTATION
from sdep.rollout.command import COMMAND_ANNOTATION
from tests.unit.cli.api_server import ApiServer
from tests.unit.cli.cluster_objects import NAMESPACE, Body, condition, sdep
from tests.unit.cli.rollouts import rollout
from tests.unit.cli.test_rollout_commands import obeying
from tests.unit.cli.test_undo import pin

MANIFEST = """
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: prices}
spec: {predictors: [{name: main, graph: {name: m, modelUri: "models:/price/1"}}]}
"""


class Server(ApiServer):
    """Takes what is applied, unless another manager has the fields."""

    def __init__(self, body: Body, *, taken: bool = False, operator: Callable[[Body], None] | None = None) -> None:
        super().__init__(body, operator)
        self.taken = taken
        self.applied: list[Body] = []

    def patch(self, patch: Body) -> bool:
        if "spec" not in patch:
            return super().patch(patch)
        self.applied.append(patch)
        return not self.taken


Use = Callable[[Server], Server]


@pytest.fixture
def used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Call with a server, to speak with it from then on."""
    opened = []

    def use(server: Server) -> Server:
        context = server.kubeconfig(tmp_path)
        monkeypatch.setenv("KUBECONFIG", context.__enter__())
        opened.append(context)
        return server

    yield use
    for context in opened:
        context.__exit__(None, None, None)


def test_deploy_applies_the_manifest_with_the_new_model_in_the_steps_namespace(used: Use) -> None:
    server = used(Server(sdep()))
    assert steps.deploy(MANIFEST, "", "models:/price/7", "", take_over=False) == "prices"
    (applied,) = server.applied
    assert applied["metadata"] == {"name": "prices", "namespace": NAMESPACE}
    assert applied["spec"]["predictors"][0]["graph"]["modelUri"] == "models:/price/7"


def test_fields_of_another_manager_are_not_taken_over_unasked(used: Use) -> None:
    used(Server(sdep(), taken=True))
    with pytest.raises(InvalidError, match="say take_over"):
        steps.deploy(MANIFEST, "", "", "", take_over=False)


@pytest.mark.parametrize(
    ("manifest", "namespace", "said"),
    [
        ("kind: Deployment", "", "no SeldonDeployment"),
        ("- {", "", "no YAML"),
        ("kind: SeldonDeployment", "", "metadata.name is missing"),
        (
            MANIFEST.replace("{name: prices}", "{name: prices, namespace: a}"),
            "b",
            "says namespace a, and the step says b",
        ),
    ],
)
def test_what_can_not_be_deployed_is_refused_before_the_cluster_is_asked(
    manifest: str, namespace: str, said: str
) -> None:
    with pytest.raises(InvalidError, match=said):
        steps.deploy(manifest, namespace, "", "", take_over=False)


def test_wait_says_what_was_missing_when_its_time_is_over(used: Use) -> None:
    used(Server(sdep(condition("Ready", "Progressing", "1 of 2 pods"))))
    with pytest.raises(TransientError, match="it says: Progressing: 1 of 2 pods"):
        steps.wait("prices", "", "Ready", "", 0.01)


@pytest.mark.parametrize(("full", "verb"), [(False, "promote"), (True, "complete")])
def test_promote_says_so_and_waits_until_the_operator_has_obeyed(used: Use, full: bool, verb: str) -> None:  # noqa: FBT001
    server = used(Server(sdep(rollout=rollout()), operator=obeying))
    assert f"prices has obeyed {verb}" in steps.promote("prices", "", "good", 1, full=full)
    command = json.loads(server.body["metadata"]["annotations"][COMMAND_ANNOTATION])
    assert (command["verb"], command["by"], command["why"]) == (verb, "pipeline", "good")


def test_roll_back_turns_a_rollout_back_that_is_under_way(used: Use) -> None:
    server = used(Server(sdep(rollout=rollout(), models=[pin("main", "4", "3")]), operator=obeying))
    assert "has obeyed abort" in steps.roll_back("prices", "", "", "", 1)
    assert HOLD_ANNOTATION not in server.body["metadata"]["annotations"]


@pytest.mark.parametrize("status", [{}, {"rollout": rollout("Promoted")}])
def test_roll_back_goes_to_the_model_before_where_no_rollout_is_under_way(used: Use, status: Body) -> None:
    server = used(Server(sdep(models=[pin("main", "4", "3")], **status)))
    said = steps.roll_back("prices", "", "", "worse", 1)
    assert said == "main/m goes from price/4 back to price/3 and is held there"
    held = json.loads(server.body["metadata"]["annotations"][HOLD_ANNOTATION])["main/m"]
    assert (held["version"], held["by"], held["why"]) == ("3", "pipeline", "worse")
