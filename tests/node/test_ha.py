"""Two replicas: one acts, the other takes over at once when it is told, and soon when it is not."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from demo import operator
from demo.kubectl import CommandError, Target, until
from tests.node import sdep
from tests.node.forward import forwarded
from tests.node.operators import CONTROLLER, LEASE, metric, operators

INSTALLED_LEASE = "a33bd623.machinelearning.seldon.io"
NAMESPACE = "sdep-ha"
MODEL = {"name": "m", "implementation": "SKLEARN_SERVER", "modelUri": "s3://bucket/model"}
LEASE_SECONDS, RENEW_SECONDS = 15, 10


@pytest.fixture
def namespace(bare_target: Target) -> Iterator[str]:
    bare_target.kubectl("apply", "--server-side", "-f", str(operator.CHART / "files" / "crd.yaml"), "--force-conflicts")
    bare_target.kubectl("create", "namespace", NAMESPACE)
    yield NAMESPACE
    bare_target.kubectl("delete", "namespace", NAMESPACE)


@contextmanager
def changes_of(target: Target, namespace: str, name: str, file: Path) -> Iterator[Path]:
    """Every version of a lease while the block runs, one JSON text a version, in the file."""
    command = ["kubectl", "get", "lease", name, "-n", namespace, "-w", "-o", "jsonpath={.spec}{'\\n'}"]
    with file.open("w") as out, subprocess.Popen(command, stdout=out, env=target.environment()) as process:
        try:
            until(lambda: bool(versions(file)), "the lease is watched", 30)
            yield file
        finally:
            process.terminate()


def versions(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines() if line.endswith("}")]


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def hand_over(seen: list[dict[str, Any]]) -> tuple[float, str]:
    """Seconds from the last word of one holder to the first of the next, and who that is."""
    first = seen[0]["holderIdentity"]
    after = next(spec for spec in seen if spec.get("holderIdentity") not in {first, "", None})
    last = [spec for spec in seen if spec.get("holderIdentity") in {first, "", None}][-1]
    return at(after["acquireTime"]) - at(last["renewTime"]), after["holderIdentity"]


def deployment(namespace: str, name: str) -> dict[str, Any]:
    body = sdep.manifest(name, {"name": "default", "graph": MODEL})
    body["metadata"] |= {"namespace": namespace, "labels": {"seldon.io/controller-id": CONTROLLER}}
    return body


def is_made(target: Target, namespace: str, name: str) -> bool:
    try:
        target.get("deployment", f"{name}-default-0-m", "-n", namespace)
    except CommandError:
        return False
    return True


def test_of_two_installed_replicas_both_are_ready_and_one_leads(target: Target) -> None:
    found = target.get("deployment", operator.DEPLOYMENT, "-n", operator.NAMESPACE)
    assert found["status"]["readyReplicas"] == 2
    leading = {}
    for pod in operator.pods(target):
        name = pod["metadata"]["name"]
        with (
            forwarded(target, operator.NAMESPACE, f"pod/{name}", 8080) as port,
            urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer,
        ):
            leading[name] = metric(answer.read().decode(), "sdep_leader")
    assert sorted(leading.values()) == [0, 1]
    lease = target.get("lease", INSTALLED_LEASE, "-n", operator.NAMESPACE)
    holder = lease["spec"]["holderIdentity"].rpartition("_")[0]
    assert leading[holder] == 1


def test_a_leader_that_is_told_to_go_hands_over_in_less_than_a_second_and_its_successor_acts(
    target: Target, tmp_path: Path, scratch: list[str]
) -> None:
    with changes_of(target, operator.NAMESPACE, INSTALLED_LEASE, tmp_path / "lease") as file:
        holder = versions(file)[-1]["holderIdentity"].rpartition("_")[0]
        target.kubectl("delete", "pod", holder, "-n", operator.NAMESPACE, "--wait=false")
        until(
            lambda: len({spec.get("holderIdentity") or "" for spec in versions(file)} - {""}) > 1, "another leads", 30
        )
        seconds, _ = hand_over(versions(file))
    print(f"handed over in {seconds:.2f} s")
    assert seconds < 1
    scratch.append("after-hand-over")
    sdep.apply(target, sdep.manifest("after-hand-over", {"name": "default", "graph": MODEL}))
    until(lambda: is_made(target, sdep.NAMESPACE, "after-hand-over"), "the new leader makes children", 15)
    operator.wait(target)


def test_a_killed_leader_is_followed_when_its_lease_ends_and_not_before(
    bare_target: Target, namespace: str, tmp_path: Path
) -> None:
    with operators(bare_target, namespace, tmp_path, "first", "second") as (first, second):
        bare_target.apply(json.dumps(deployment(namespace, "before")))
        until(lambda: is_made(bare_target, namespace, "before"), "the leader makes children", 30)
        with changes_of(bare_target, namespace, LEASE, tmp_path / "lease") as file:
            first.process.send_signal(signal.SIGKILL)
            bare_target.apply(json.dumps(deployment(namespace, "meanwhile")))
            until(lambda: second.metric("sdep_leader") == 1, "the other leads", 40)
            until(lambda: is_made(bare_target, namespace, "meanwhile"), "what came meanwhile is made", 10)
            seconds, holder = hand_over(versions(file))
        print(f"followed after {seconds:.1f} s")
        assert holder.startswith("second_")
        assert RENEW_SECONDS < seconds < LEASE_SECONDS + 3


def test_a_leader_that_stood_still_ends_and_changes_nothing_when_it_goes_on(
    bare_target: Target, namespace: str, tmp_path: Path
) -> None:
    with operators(bare_target, namespace, tmp_path, "first", "second") as (first, second):
        first.process.send_signal(signal.SIGSTOP)
        until(lambda: second.metric("sdep_leader") == 1, "the other leads", 40)
        bare_target.apply(json.dumps(deployment(namespace, "one")))
        until(lambda: is_made(bare_target, namespace, "one"), "the new leader makes children", 10)
        first.process.send_signal(signal.SIGCONT)
        assert first.process.wait(timeout=20) == 1
        assert "the lease could not be renewed" in first.log.read_text() or "leads now" in first.log.read_text()
        assert "Created" not in first.log.read_text()
        assert second.metric("sdep_leader") == 1


def test_a_replica_that_ends_gracefully_leaves_the_lease_to_who_waits(
    bare_target: Target, namespace: str, tmp_path: Path
) -> None:
    with operators(bare_target, namespace, tmp_path, "first", "second") as (first, second):
        with changes_of(bare_target, namespace, LEASE, tmp_path / "lease") as file:
            first.process.send_signal(signal.SIGTERM)
            until(lambda: second.metric("sdep_leader") == 1, "the other leads", 10)
            until(
                lambda: len({spec.get("holderIdentity") or "" for spec in versions(file)} - {""}) > 1, "it is seen", 10
            )
            seconds, _ = hand_over(versions(file))
        print(f"handed over in {seconds:.2f} s")
        assert seconds < 1
        assert first.process.wait(timeout=20) == 0


def test_what_carries_no_controller_id_is_none_of_an_operator_with_one(
    bare_target: Target, namespace: str, tmp_path: Path
) -> None:
    ours, theirs = deployment(namespace, "ours"), deployment(namespace, "theirs")
    theirs["metadata"]["labels"] = {"seldon.io/controller-id": "somebody-else"}
    with operators(bare_target, namespace, tmp_path, "first"):
        bare_target.apply(json.dumps(theirs))
        bare_target.apply(json.dumps(ours))
        until(lambda: is_made(bare_target, namespace, "ours"), "ours is made", 30)
        assert not is_made(bare_target, namespace, "theirs")
        assert set(bare_target.get("sdep", "theirs", "-n", namespace)["status"]) == {
            "observedGeneration"
        }  # the CRD's own
        bare_target.kubectl(
            "label", "sdep", "theirs", "-n", namespace, f"seldon.io/controller-id={CONTROLLER}", "--overwrite"
        )
        until(lambda: is_made(bare_target, namespace, "theirs"), "what was given to us is made", 30)
