"""What must change, and whose objects are left alone."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sdep.cluster.diff import covers, diff, stamped
from sdep.render.manifest import Key, Manifest

OWNER = "uid-of-ours"


def service(name: str, owner: str = OWNER, **spec: object) -> dict[str, Any]:
    reference = {"apiVersion": "a", "kind": "SeldonDeployment", "name": "x", "uid": owner, "controller": True}
    metadata = {"name": name, "namespace": "ns", "ownerReferences": [reference] if owner else []}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def key(name: str) -> Key:
    return Key("v1", "Service", "ns", name)


def live(manifest: Manifest) -> dict[str, Any]:
    """The object as the API server would hold it: with what it fills in itself."""
    body = copy.deepcopy(stamped(manifest).body)
    body["metadata"]["uid"] = "1"
    body["spec"]["clusterIP"] = "10.0.0.1"
    return body


def test_what_is_missing_is_created() -> None:
    changes = diff([Manifest(service("a"))], {}, OWNER)
    assert [manifest.key.name for manifest in changes.create] == ["a"]


def test_what_the_server_filled_in_is_no_difference() -> None:
    manifest = Manifest(service("a", port=1))
    changes = diff([manifest], {key("a"): live(manifest)}, OWNER)
    assert changes == diff([], {}, OWNER)


def test_a_field_that_someone_else_changed_is_put_back() -> None:
    manifest = Manifest(service("a", port=1))
    drifted = live(manifest)
    drifted["spec"]["port"] = 2
    assert len(diff([manifest], {key("a"): drifted}, OWNER).update) == 1


def test_a_field_that_is_no_longer_wanted_is_noticed() -> None:
    before = live(Manifest(service("a", port=1, extra=True)))
    assert len(diff([Manifest(service("a", port=1))], {key("a"): before}, OWNER).update) == 1


def test_what_is_no_longer_wanted_is_deleted() -> None:
    there = live(Manifest(service("old")))
    assert list(diff([], {key("old"): there}, OWNER).delete) == [there]


def test_an_object_of_the_right_name_that_others_own_is_never_touched() -> None:
    for owner in ("", "uid-of-another"):
        changes = diff([Manifest(service("a", port=1))], {key("a"): service("a", owner, port=9)}, OWNER)
        assert (changes.create, changes.update, changes.delete) == ((), (), ())
        assert [error.reason for error in changes.foreign] == ["NameTaken"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_every_value_covers_itself(value: object) -> None:
    assert covers(value, value)
