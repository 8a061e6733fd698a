"""What runs well is not restarted: Deployments of v1 are taken over, selectors and counts that are there are respected."""

from __future__ import annotations

import copy
from typing import Any

from sdep.cluster.adopt import ADOPTED_ANNOTATION, fitted, with_live_replicas
from sdep.cluster.diff import diff, stamped
from sdep.render.manifest import Manifest, digest

OWNER = "uid"


def deployment(image: str = "i:1", *, hardened: bool = True, selector: dict[str, str] | None = None) -> dict[str, Any]:
    chosen = selector or {"id": "prices", "seldon-app": "prices-main"}
    security = {"securityContext": {"allowPrivilegeEscalation": False}} if hardened else {}
    container = {"name": "m", "image": image, "env": [{"name": "A", "value": "1"}], **security}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "prices-main-0-m",
            "namespace": "data",
            "ownerReferences": [{"kind": "SeldonDeployment", "name": "prices", "uid": OWNER, "controller": True}],
        },
        "spec": {
            "selector": {"matchLabels": chosen},
            "template": {"metadata": {"labels": {**chosen, "app": "x"}}, "spec": {"containers": [container]}},
        },
    }


def of_v1(image: str = "i:1") -> dict[str, Any]:
    """As v1 left it: not hardened, and with what the API server fills in."""
    body = deployment(image, hardened=False)
    body["metadata"]["uid"] = "1"
    body["spec"]["template"]["spec"] |= {"restartPolicy": "Always", "securityContext": {"runAsUser": 8888}}
    return body


def applied(manifest: Manifest) -> dict[str, Any]:
    return {**copy.deepcopy(manifest.body), "status": {}}


def fit(desired: dict[str, Any], live: dict[str, Any]) -> Manifest:
    found = fitted(Manifest(desired), live)
    assert found is not None
    return found


def test_pods_of_v1_that_lack_only_hardening_are_kept_as_they_are() -> None:
    live = of_v1()
    assert fit(deployment(), live).body["spec"]["template"] == live["spec"]["template"]


def test_an_adopted_template_stays_until_another_one_is_wanted() -> None:
    first = stamped(fit(deployment(), of_v1()))
    live = applied(first)
    key = first.key
    assert diff([Manifest(deployment())], {key: live}, OWNER) == diff([], {}, OWNER)
    (changed,) = diff([Manifest(deployment("i:2"))], {key: live}, OWNER).update
    container = changed.body["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "i:2"
    assert "securityContext" in container
    assert ADOPTED_ANNOTATION not in changed.body["metadata"]["annotations"]


def test_pods_of_v1_that_need_another_image_are_replaced() -> None:
    template = fit(deployment("i:2"), of_v1("i:1")).body["spec"]["template"]
    assert digest(template) == digest(deployment("i:2")["spec"]["template"])


def test_a_selector_that_can_never_change_is_kept_and_pods_carry_what_it_asks_for() -> None:
    live = deployment(selector={"id": "prices", "seldon-app": "prices-main", "seldon-app-svc-gone": "x"})
    spec = fit(deployment(), live).body["spec"]
    assert spec["selector"] == live["spec"]["selector"]
    assert spec["template"]["metadata"]["labels"]["seldon-app-svc-gone"] == "x"


def test_a_deployment_whose_pods_would_get_requests_that_are_not_theirs_makes_way() -> None:
    inner = deployment(selector={"id": "prices"})
    assert fitted(Manifest(inner), deployment()) is None
    (gone,) = diff([Manifest(inner)], {Manifest(inner).key: deployment()}, OWNER).replace
    assert gone["metadata"]["name"] == "prices-main-0-m"


def test_a_deployment_that_is_being_deleted_is_left_to_its_end() -> None:
    live = deployment("i:1")
    live["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    changes = diff([Manifest(deployment("i:2"))], {Manifest(live).key: live}, OWNER)
    assert (changes.create, changes.update, changes.replace) == ((), (), ())


def test_a_count_that_nobody_asks_for_any_more_stays_what_it_is() -> None:
    live = deployment()
    live["spec"]["replicas"] = 7
    assert with_live_replicas(Manifest(deployment()), live).body["spec"]["replicas"] == 7
    asked = deployment()
    asked["spec"]["replicas"] = 2
    assert with_live_replicas(Manifest(asked), live).body["spec"]["replicas"] == 2


def test_a_service_keeps_the_address_that_it_was_made_with() -> None:
    made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "data"}}
    headless, live = {**made, "spec": {"clusterIP": "None"}}, {**made, "spec": {"clusterIP": "10.0.0.1"}}
    assert "clusterIP" not in fit(headless, live).body["spec"]
    assert fit(headless, headless).body == headless
