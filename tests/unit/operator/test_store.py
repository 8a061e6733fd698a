"""What the store remembers: everything that is read later, and nothing twice."""

from __future__ import annotations

import copy
import json
from typing import Any

from sdep.operator.keep import kept, kept_pod
from sdep.operator.store import Store
from sdep.render.manifest import DIGEST_ANNOTATION

OWNER = {
    "apiVersion": "machinelearning.seldon.io/v1",
    "kind": "SeldonDeployment",
    "name": "a",
    "uid": "a",
    "controller": True,
}
FIELDS = [{"manager": "manager", "operation": "Update"}]


def child(version: int = 1, **annotations: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "a-default",
            "namespace": "ns",
            "uid": "u",
            "resourceVersion": str(version),
            "annotations": annotations,
            "ownerReferences": [OWNER],
            "managedFields": FIELDS,
        },
        "spec": {"ports": [{"port": 8000}]},
    }


def test_who_wrote_which_field_is_remembered_of_what_v1_made_alone() -> None:
    theirs, ours = child(), child(**{DIGEST_ANNOTATION: "d"})
    assert kept(theirs) == theirs
    assert kept(ours)["metadata"] == {
        name: value for name, value in ours["metadata"].items() if name != "managedFields"
    }
    assert kept(ours)["spec"] == ours["spec"]


def test_equal_texts_of_two_objects_are_one_object_in_memory() -> None:
    first, second = (kept(json.loads(json.dumps(child()))) for _ in range(2))
    assert first["metadata"]["name"] is second["metadata"]["name"]
    assert next(iter(first["spec"])) is next(iter(second["spec"]))


def test_what_is_remembered_changes_nothing_in_what_was_told() -> None:
    told = child()
    before = copy.deepcopy(told)
    kept_pod(kept(told))
    assert told == before


def test_our_own_write_is_known_when_it_comes_back_and_a_later_version_is_not() -> None:
    store = Store()
    store.put_child(child(3))
    assert store.knows(child(3))
    assert not store.knows(child(4))
    store.drop_child(child(3))
    assert not store.knows(child(3))


def test_an_object_made_anew_under_the_same_name_is_not_known() -> None:
    store = Store()
    body = child()
    store.put_child(body)
    assert not store.knows({**body, "metadata": {**body["metadata"], "uid": "another"}})


def test_a_pod_is_remembered_without_its_specification() -> None:
    body = {**child(), "kind": "Pod", "status": {"phase": "Running"}}
    assert kept_pod(body)["status"] == body["status"]
    assert "spec" not in kept_pod(body)
