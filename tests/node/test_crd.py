"""The CustomResourceDefinition on the real API server."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import kubernetes
import pytest
from kubernetes.client.exceptions import ApiException

from demo.kubectl import CommandError, Target
from sdep.api.seldon_deployment import GROUP, PLURAL, VERSIONS
from tests.contract.corpus import FOLDER, MISSING, Sample, load
from tests.node.sdep import NAMESPACE, apply, manifest, unit

Create = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def create(target: Target) -> Create:
    """What the API server would store of a manifest; nothing is stored."""
    client = kubernetes.config.new_client_from_config(str(target.kubeconfig))
    api = kubernetes.client.CustomObjectsApi(client)

    def make(body: dict[str, Any]) -> dict[str, Any]:
        version = body["apiVersion"].split("/")[1]
        stored: dict[str, Any] = api.create_namespaced_custom_object(
            GROUP, version, NAMESPACE, PLURAL, body, dry_run="All"
        )
        return stored

    return make


@pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)
def test_all_that_v1_accepts_is_stored_in_every_version_and_keeps_what_it_says(
    create: Create, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted = [sample for sample in load() if sample.accepted]
    lost = [why for sample in accepted for version in VERSIONS for why in _lost(create, sample, version)]
    with capsys.disabled():
        print(f"\n{len(accepted)} manifests that v1 accepts, in {len(VERSIONS)} versions: {len(lost)} lose something")
    assert not lost


def _lost(create: Create, sample: Sample, version: str) -> list[str]:
    body = copy.deepcopy(sample.manifest)
    body["apiVersion"] = f"{GROUP}/{version}"
    body["metadata"]["namespace"] = NAMESPACE
    body["metadata"]["name"] = body["metadata"]["name"].lower()
    body.pop("status", None)
    try:
        stored = create(body)
    except ApiException as error:
        return [f"{sample.file} as {version}: {error.body}"]
    missing = _missing(body["spec"], stored["spec"], "spec")
    return [f"{sample.file} as {version}: {path}" for path in missing]


PRUNED_BY_V1_TOO = ("http_port", "grpc_port", "containers", "volumeSource", "resources")
"""Fields of the samples that are no fields of v1's CRD either, where they stand."""


def _missing(given: object, stored: object, path: str) -> list[str]:
    if isinstance(given, dict):
        held = stored if isinstance(stored, dict) else {}
        return [
            lost
            for key, value in given.items()
            if not (key not in held and (value is None or key in PRUNED_BY_V1_TOO))
            for lost in _missing(value, held.get(key), f"{path}.{key}")
        ]
    if isinstance(given, list):
        held_list = stored if isinstance(stored, list) else []
        if len(held_list) != len(given):
            return [path]
        return [
            lost
            for number, pair in enumerate(zip(given, held_list, strict=True))
            for lost in _missing(*pair, f"{path}[{number}]")
        ]
    return [] if given == stored else [path]


GRAPH = unit("models:/commodity_price_predictor/1")


@pytest.mark.parametrize(
    ("predictors", "said"),
    [
        ([], "Graph contains no predictors"),
        ([{"name": "a", "graph": GRAPH}, {"name": "a", "graph": GRAPH}], "Duplicate predictor name"),
        ([{"name": "a", "graph": GRAPH, "shadow": True}], "Shadow can not exist as only predictor"),
        ([{"name": "a", "graph": GRAPH, "traffic": "90"}], "spec.predictors[0].traffic"),
        ([{"name": "a", "graph": GRAPH, "traffic": -1}], "spec.predictors[0].traffic"),
        ([{"name": "a", "graph": {"name": "m", "children": {"name": "x"}}}], "spec.predictors[0].graph.children"),
    ],
)
def test_a_malformed_manifest_is_refused_by_the_api_server_in_words_that_name_the_field(
    target: Target, predictors: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(CommandError, match=re.escape(said)):
        apply(target, manifest("malformed", *predictors))
