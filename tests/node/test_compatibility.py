"""Manifests that others wrote for v1, on a real API server with the operator at work: admitted, and with v1's children.

No pod starts: a quota of none keeps the node alive.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo import operator
from demo.kubectl import CommandError, Target, until
from tests.contract import v1
from tests.contract.corpus import FOLDER, MISSING, Sample, load
from tests.contract.differences import Difference, differences, reason_of
from tests.contract.refusals import BETTER, v1s_words
from tests.contract.shape import Shapes, shapes
from tests.node.operators import CONTROLLER, operators
from tests.node.refusal import refusal

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)

NAMESPACE = "sdep-compat"
KINDS = "deployments,services,virtualservices,destinationrules,horizontalpodautoscalers,poddisruptionbudgets"
SETTINGS = {"SDEP_EXPLAINER_IMAGE": "explainer:any", "SDEP_WORKERS": "8"}
AT_ONCE = 40
REFUSED_BY_KUBERNETES = {
    "099-tfserving-model-chain.yaml": "half_plus_two",
    "313-upgrade-1-2-volume-patch-readme-seldon-deployment-example.yaml": "volumeSource",
}
"""What is admitted and no Deployment can be made of, with the word that `ChildrenApplied` says of it.

`half_plus_two` is no name of a container: v1 fails at it too. `volumeSource` is no field of a volume: v1's CRD drops it, and what
was to be a secret is an empty directory, in silence.
"""


@pytest.fixture(scope="module")
def namespace(bare_target: Target) -> Iterator[str]:
    bare_target.kubectl("apply", "--server-side", "-f", str(operator.CHART / "files" / "crd.yaml"), "--force-conflicts")
    bare_target.kubectl("create", "namespace", NAMESPACE)
    bare_target.kubectl("create", "quota", "none", "--hard=pods=0", "-n", NAMESPACE)
    yield NAMESPACE
    bare_target.kubectl("delete", "namespace", NAMESPACE)


@pytest.fixture(scope="module")
def running(bare_target: Target, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder: Path = tmp_path_factory.mktemp("operator")
    with operators(bare_target, namespace, folder, "compatible", settings=SETTINGS):
        yield bare_target


def placed(sample: Sample) -> dict[str, Any]:
    """The manifest under a name of its own, for the operator of this test."""
    manifest = copy.deepcopy(sample.manifest)
    metadata = manifest["metadata"]
    metadata["name"] = f"{metadata.get('name', 'unnamed')}-{sample.file[:3]}"
    metadata["namespace"] = NAMESPACE
    metadata["labels"] = {**(metadata.get("labels") or {}), "seldon.io/controller-id": CONTROLLER}
    return manifest


def stored(target: Target) -> dict[str, dict[str, Any]]:
    return {body["metadata"]["name"]: body for body in target.get("sdep", "-n", NAMESPACE)["items"]}


def judged(body: dict[str, Any]) -> bool:
    return bool(body.get("status", {}).get("observedGeneration") == body["metadata"]["generation"])


def condition(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(each for each in body["status"]["conditions"] if each["type"] == kind)


def children(target: Target) -> dict[str, Shapes]:
    """By the SeldonDeployment that owns them."""
    owned: dict[str, list[dict[str, Any]]] = {}
    for body in target.get(KINDS, "-n", NAMESPACE)["items"]:
        for owner in body["metadata"].get("ownerReferences") or ():
            owned.setdefault(owner["name"], []).append(body)
    return {name: shapes(bodies) for name, bodies in owned.items()}


def created(target: Target, manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The stored objects once the operator has judged each of them. Unknown fields, which kubectl minds, are dropped as in v1."""
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    target.kubectl("create", "--validate=warn", "-f", "-", stdin=everything)
    names = {manifest["metadata"]["name"] for manifest in manifests}
    waiting: set[str] = set()

    def all_judged() -> bool:
        waiting.clear()
        waiting.update(name for name, body in stored(target).items() if name in names and not judged(body))
        return not waiting

    try:
        until(all_judged, "all are judged", 120)
    except TimeoutError as error:
        raise AssertionError(f"not judged: {', '.join(sorted(waiting))}") from error
    return stored(target)


def unexplained(target: Target, manifests: list[dict[str, Any]]) -> dict[str, list[Difference]]:
    made = children(target)
    found = {
        manifest["metadata"]["name"]: [
            one
            for one in differences(made.get(manifest["metadata"]["name"], {}), v1.children(manifest))
            if reason_of(one) is None
        ]
        for manifest in manifests
    }
    return {name: left for name, left in found.items() if left}


def test_what_v1_accepts_is_admitted_and_gets_v1s_children(running: Target, capsys: pytest.CaptureFixture[str]) -> None:
    accepted = [sample for sample in load() if sample.accepted]
    invalid: dict[str, Any] = {}
    refused: dict[str, str] = {}
    wrong: dict[str, list[Difference]] = {}
    for start in range(0, len(accepted), AT_ONCE):
        batch = accepted[start : start + AT_ONCE]
        manifests = {sample.file: placed(sample) for sample in batch}
        bodies = created(running, list(manifests.values()))
        for file, manifest in manifests.items():
            body = bodies[manifest["metadata"]["name"]]
            if condition(body, "SpecValid")["status"] != "True":
                invalid[file] = condition(body, "SpecValid")
            if condition(body, "ChildrenApplied")["status"] != "True":
                refused[file] = condition(body, "ChildrenApplied")["message"]
        wrong |= unexplained(running, [manifest for file, manifest in manifests.items() if file not in refused])
        running.kubectl("delete", "sdep", "--all", "-n", NAMESPACE)
        until(lambda: not children(running), "the children are gone", 120)
    with capsys.disabled():
        print(f"\n{len(accepted)} admitted, {len(accepted) - len(refused)} with all of v1's children")
    assert not invalid
    assert not wrong
    assert refused.keys() == REFUSED_BY_KUBERNETES.keys(), refused
    assert all(REFUSED_BY_KUBERNETES[file] in said for file, said in refused.items())


def test_what_v1_refuses_is_refused_with_its_reason_or_served_for_a_reason(running: Target) -> None:
    """By the schema where that can say it, else by the operator: the webhook runs the same rules."""
    said = {}
    for sample in load():
        if sample.accepted:
            continue
        manifest = placed(sample)
        try:
            bodies = created(running, [manifest])
        except CommandError as error:
            said[sample.file] = str(error)
            continue
        verdict = condition(bodies[manifest["metadata"]["name"]], "SpecValid")
        if verdict["status"] == "True":
            assert verdict["reason"] == BETTER[sample.file]
        else:
            said[sample.file] = verdict["message"]
    running.kubectl("delete", "sdep", "--all", "-n", NAMESPACE)
    words = {sample.file: v1s_words(sample) for sample in load() if not sample.accepted and sample.file not in BETTER}
    missing = {file: (word, said.get(file)) for file, word in words.items() if word not in said.get(file, "")}
    assert not missing


def test_what_v1_refuses_is_refused_before_it_is_stored(target: Target) -> None:
    """By the schema and the installed webhook, in v1's words; whoever installs it waits until the API server trusts it."""
    kept = [sample for sample in load() if not sample.accepted and sample.file not in BETTER]

    def missing() -> dict[str, str]:
        said = {sample.file: refusal(target, _named(sample.manifest), "--validate=warn") for sample in kept}
        return {sample.file: said[sample.file] for sample in kept if v1s_words(sample) not in said[sample.file]}

    until(lambda: not missing(), "all are refused", 90)


def test_what_v1_accepts_passes_the_installed_webhook(target: Target) -> None:
    manifests = [placed(sample) for sample in load() if sample.accepted]
    for manifest in manifests:
        manifest["metadata"]["namespace"] = "default"
        del manifest["metadata"]["labels"]["seldon.io/controller-id"]
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    said = target.kubectl("create", "--dry-run=server", "--validate=warn", "-f", "-", stdin=everything)
    assert len(said.splitlines()) == len(manifests)


def _named(manifest: dict[str, Any]) -> dict[str, Any]:
    return {**manifest, "metadata": {"name": "refused", "namespace": "default"}}
