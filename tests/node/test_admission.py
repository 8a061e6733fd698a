"""The installed validating webhook: kubectl's user is told what is wrong before anything is stored."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from demo import operator
from demo.kubectl import CommandError, Target, until
from tests.node import sdep
from tests.node.refusal import refusal
from tests.node.sdep import NAMESPACE

CONFIGURATION = f"seldon-validating-webhook-configuration-{operator.NAMESPACE}"
SECRET = "seldon-webhook-server-cert"  # noqa: S105 - the name of a secret
SAID = "spec.predictors[0].graph[nobody]: Can't find container"
NOBODY = {"name": "default", "graph": {"name": "nobody"}}


def bundle(target: Target) -> str:
    (webhook,) = target.get("validatingwebhookconfiguration", CONFIGURATION)["webhooks"]
    return base64.b64decode(webhook["clientConfig"].get("caBundle", "")).decode()


def certificate(target: Target) -> str:
    data = target.get("secret", SECRET, "-n", operator.NAMESPACE).get("data") or {}
    return str(data.get("tls.crt", ""))


def warnings(target: Target, body: dict[str, Any]) -> str:
    """What kubectl prints beside its result."""
    done = subprocess.run(
        ["kubectl", "apply", "--dry-run=server", "-f", "-"],
        input=json.dumps(body),
        capture_output=True,
        text=True,
        check=True,
        env=target.environment(),
        timeout=60,
    )
    return done.stderr


@pytest.fixture(scope="module")
def trusted(target: Target) -> Target:
    """The webhook is asked: the API server trusts what it serves."""
    until(lambda: SAID in refusal(target, sdep.manifest("refused", NOBODY)), "the webhook refuses", 60)
    return target


@pytest.fixture
def invalid(trusted: Target) -> Iterator[str]:
    """A SeldonDeployment that breaks a rule and is stored nevertheless: it came while it was another operator's."""
    name = "stored-invalid"
    body = sdep.manifest(name, NOBODY)
    body["metadata"]["labels"] = {"seldon.io/controller-id": "somebody-else"}
    sdep.apply(trusted, body)
    yield name
    trusted.kubectl("delete", "sdep", name, "-n", NAMESPACE, "--ignore-not-found")


@pytest.mark.parametrize("version", ["v1", "v1alpha2", "v1alpha3"])
def test_a_manifest_that_breaks_a_rule_is_refused_in_each_version_and_the_field_is_named(
    trusted: Target, version: str
) -> None:
    body = {**sdep.manifest("refused", NOBODY), "apiVersion": f"machinelearning.seldon.io/{version}"}
    assert SAID in refusal(trusted, body)


def test_what_is_legal_but_unwise_is_stored_with_a_warning(trusted: Target) -> None:
    body = sdep.manifest(
        "warned", {"name": "default", "graph": sdep.unit("models:/commodity_price_predictor/Production")}
    )
    assert "Warning: spec.predictors[0].graph" in warnings(trusted, body)
    assert "stages" in warnings(trusted, body)


def test_a_good_manifest_is_stored_without_a_word(trusted: Target) -> None:
    body = sdep.manifest("silent", {"name": "default", "graph": sdep.unit("models:/commodity_price_predictor/1")})
    assert "Warning" not in warnings(trusted, body)


def test_an_invalid_object_can_be_handed_over_labelled_mended_and_deleted_but_not_made_worse(
    trusted: Target, invalid: str
) -> None:
    at = (invalid, "-n", NAMESPACE)
    trusted.kubectl("label", "sdep", *at, "seldon.io/controller-id-")
    trusted.kubectl("label", "sdep", *at, "team=prices")
    worse = [{"op": "add", "path": "/spec/predictors/0/graph/children", "value": [{"name": "somebody"}]}]
    with pytest.raises(CommandError, match="somebody"):
        trusted.kubectl("patch", "sdep", *at, "--type=json", "-p", json.dumps(worse))
    assert sdep.wait_for(trusted, invalid, "SpecValid", "InvalidManifest")["message"]
    trusted.kubectl("patch", "sdep", *at, "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/wait"]}}')
    trusted.kubectl("delete", "sdep", *at, "--wait=false")
    trusted.kubectl("patch", "sdep", *at, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    until(lambda: invalid not in trusted.kubectl("get", "sdep", "-n", NAMESPACE, "-o", "name"), "it is gone", 10)


def test_a_removed_bundle_comes_back(trusted: Target) -> None:
    before = bundle(trusted)
    remove = [{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]
    trusted.kubectl("patch", "validatingwebhookconfiguration", CONFIGURATION, "--type=json", "-p", json.dumps(remove))
    until(lambda: bundle(trusted) == before, "the bundle is back", 30)
    until(lambda: SAID in refusal(trusted, sdep.manifest("refused", NOBODY)), "the webhook refuses again", 30)


def test_a_certificate_that_is_lost_is_made_anew_and_served_by_all_replicas_without_a_restart(trusted: Target) -> None:
    before, pods = certificate(trusted), {pod["metadata"]["uid"] for pod in operator.pods(trusted)}
    trusted.kubectl("patch", "secret", SECRET, "-n", operator.NAMESPACE, "--type=merge", "-p", '{"data":null}')
    until(lambda: certificate(trusted) not in {"", before}, "a new certificate is there", 30)
    body = sdep.manifest("refused", NOBODY)
    until(lambda: all(SAID in refusal(trusted, body) for _ in range(10)), "every review is answered", 60)
    assert {pod["metadata"]["uid"] for pod in operator.pods(trusted)} == pods
