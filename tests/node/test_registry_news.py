"""A real MLflow server tells a replica that does not lead of a moved alias, and the one that leads acts, long before it would look.

No pod starts: a quota of none keeps the node alive.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import operator
from demo.kubectl import Target, until
from tests.node import sdep
from tests.node.operators import CONTROLLER, operators
from tests.registry_server import MODEL, SECRET, RegistryServer

NAMESPACE, NAME = "sdep-news", "prices"
POLL_SECONDS = 600


@pytest.fixture
def namespace(bare_target: Target) -> Iterator[str]:
    bare_target.kubectl("apply", "--server-side", "-f", str(operator.CHART / "files" / "crd.yaml"), "--force-conflicts")
    bare_target.kubectl("create", "namespace", NAMESPACE)
    bare_target.kubectl("create", "quota", "none", "--hard=pods=0", "-n", NAMESPACE)
    yield NAMESPACE
    bare_target.kubectl("delete", "namespace", NAMESPACE)


def versions(target: Target) -> list[str]:
    pins = target.get("sdep", NAME, "-n", NAMESPACE).get("status", {}).get("models", ())
    return [pin["version"] for pin in pins]


def test_a_moved_alias_is_told_to_any_replica_and_acted_upon_at_once(
    bare_target: Target,
    namespace: str,
    registry: RegistryServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "secret").write_text(SECRET)
    settings = {
        "SDEP_MLFLOW_TRACKING_URI": registry.url,
        "SDEP_MLFLOW_WEBHOOK_SECRETS": str(secrets),
        "SDEP_POD_ADDRESS": "127.0.0.1",
        "SDEP_RESOLVE_INTERVAL_SECONDS": str(POLL_SECONDS),
    }
    with operators(bare_target, namespace, tmp_path, "leads", "stands-by", settings=settings) as (_, other):
        body = sdep.manifest(NAME, {"name": "main", "graph": {"modelUri": f"models:/{MODEL}@champion"}})
        body["metadata"] |= {"namespace": namespace, "labels": {"seldon.io/controller-id": CONTROLLER}}
        bare_target.apply(json.dumps(body))
        until(lambda: versions(bare_target) == ["1"], "the alias is resolved", 30)
        webhook = registry.tell(f"http://127.0.0.1:{other.webhook_port}/mlflow", "model_version_alias.created")
        try:
            assert registry.client.test_webhook(webhook).success
            start = time.monotonic()
            registry.move("2")
            until(lambda: versions(bare_target) == ["2"], "the move is acted upon", 10)
            took = time.monotonic() - start
            assert other.metric('sdep_registry_deliveries_total{outcome="handed_on"}') == 2
        finally:
            registry.client.delete_webhook(webhook)
            registry.move("1")
    with capsys.disabled():
        print(f"\ntold to the replica that does not lead, a moved alias was in the status after {took:.1f} s")
