"""Whatever goes wrong with what the operator stands on, the same objects are there in the end."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.kubectl import CommandError, Target, until
from tests.node import outage
from tests.node.api_proxy import ApiProxy
from tests.node.herd import DELETED, NAMES, Herd
from tests.node.operators import Operator
from tests.node.own_operator import SETTINGS, Place


@pytest.fixture(scope="module")
def place(bare_target: Target) -> Iterator[Place]:
    with Place.made(bare_target, "sdep-faults") as made:
        yield made


@pytest.fixture
def scratch(place: Place) -> Iterator[None]:
    """Every SeldonDeployment that a test makes goes with it."""
    yield
    place.delete_all()


@pytest.fixture(scope="module")
def herd(place: Place) -> Herd:
    return Herd(place)


@pytest.fixture(scope="module")
def calm(place: Place, herd: Herd, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is there in the end where nothing goes wrong."""
    with place.operator(tmp_path_factory.mktemp("calm")):
        herd.live()
        found = herd.settle()
        herd.delete()
    return found


def patiently(work: Callable[[], None]) -> None:
    """Again and again while the API server is away."""

    def done() -> bool:
        try:
            work()
        except CommandError:
            return False
        return True

    until(done, "the API server takes it", 60)


@pytest.mark.usefixtures("scratch")
def test_an_api_server_that_is_killed_in_the_middle_leaves_nothing_undone(
    place: Place, herd: Herd, calm: dict[str, Any], tmp_path: Path
) -> None:
    with place.operator(tmp_path):
        herd.create()
        with outage.api_server_away():
            pass
        patiently(herd.change)
        with outage.api_server_away():
            pass
        patiently(herd.delete_some)
        herd.wait(calm)


@pytest.mark.usefixtures("scratch")
def test_a_store_that_stands_still_for_ten_seconds_leaves_nothing_undone(
    place: Place, herd: Herd, calm: dict[str, Any], tmp_path: Path
) -> None:
    with place.operator(tmp_path):
        herd.create()
        with outage.store_paused(10):
            pass
        patiently(herd.change)
        patiently(herd.delete_some)
        herd.wait(calm)


@pytest.mark.usefixtures("scratch")
def test_connections_that_are_cut_again_and_again_leave_nothing_undone(
    place: Place, herd: Herd, calm: dict[str, Any], tmp_path: Path
) -> None:
    with ApiProxy.before(place.target) as proxy, place.operator(tmp_path, KUBECONFIG=str(proxy.kubeconfig(tmp_path))):
        cut = 0
        for work in (herd.create, herd.change, herd.delete_some):
            worker = threading.Thread(target=work)
            worker.start()
            while worker.is_alive():
                cut += proxy.cut()
                worker.join(0.3)
        assert cut > 10
        herd.wait(calm)


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("status", [409, 429, 500])
def test_a_storm_of_refusals_leaves_nothing_undone(
    place: Place, herd: Herd, calm: dict[str, Any], tmp_path: Path, status: int
) -> None:
    """While the herd lives its whole life, two of three writes are refused; then none is, and the longest pause is a minute."""
    count = iter(range(10**9))

    def refuse(method: str, _path: str) -> int:
        return 0 if method == "GET" or next(count) % 3 == 0 else status

    with ApiProxy.before(place.target) as proxy, place.operator(tmp_path, KUBECONFIG=str(proxy.kubeconfig(tmp_path))):
        proxy.refuse = refuse
        herd.live()
        until(lambda: proxy.refused > 60, "there is a storm")
        proxy.refuse = lambda _method, _path: 0
        herd.wait(calm, 75)


@pytest.mark.usefixtures("scratch")
def test_reads_that_are_refused_leave_nothing_undone(
    place: Place, herd: Herd, calm: dict[str, Any], tmp_path: Path
) -> None:
    """Watches too are told that there are too many requests, and are cut all the while."""
    count = iter(range(10**9))

    def refuse(method: str, _path: str) -> int:
        return 429 if method == "GET" and next(count) % 2 else 0

    with ApiProxy.before(place.target) as proxy, place.operator(tmp_path, KUBECONFIG=str(proxy.kubeconfig(tmp_path))):
        proxy.refuse = refuse
        proxy.cut()
        herd.live()
        proxy.cut()
        until(lambda: proxy.refused > 10, "there is a storm")
        proxy.refuse = lambda _method, _path: 0
        herd.wait(calm, 90)


@pytest.mark.usefixtures("scratch")
def test_an_operator_that_is_killed_at_twenty_moments_leaves_nothing_undone(
    place: Place, herd: Herd, calm: dict[str, Any], tmp_path: Path
) -> None:
    """Each time from the seed that is printed: SIGKILL while ten objects are created, changed and deleted."""
    seed = time.time_ns() % 10**6
    print(f"seed {seed}")
    moments = random.Random(seed)  # noqa: S311 - no secret
    ended = threading.Event()

    def live_again_and_again() -> None:
        while not ended.is_set():
            for work in (herd.create, herd.change, herd.delete_some):
                patiently(work)

    worker = threading.Thread(target=live_again_and_again)
    worker.start()
    try:
        for number in range(20):
            killed = Operator(place.target, place.namespace, "killed", tmp_path / f"{number}.log", SETTINGS)
            until(lambda log=killed.log: "are looked at" in log.read_text(), "the operator acts", 60)  # type: ignore[misc]
            time.sleep(moments.uniform(0, 1.5))  # this is the random moment
            killed.process.send_signal(signal.SIGKILL)
            killed.process.wait()
    finally:
        ended.set()
        worker.join()
    with place.operator(tmp_path):
        herd.wait(calm)


@pytest.mark.usefixtures("scratch")
def test_children_that_are_deleted_or_edited_by_hand_are_put_back(
    place: Place, herd: Herd, calm: dict[str, Any], tmp_path: Path
) -> None:
    edits: dict[str, dict[str, Any]] = {
        "deployment/herd-0-main-0-m": {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 1}}}},
        "service/herd-1-main": {"spec": {"selector": {"seldon-app": "nobody"}}},
        "destinationrule/herd-2-main": {"spec": {"host": "nobody"}},
        "virtualservice/herd-3": {"metadata": {"labels": {"seldon-deployment-id": None}}},
        "deployment/herd-4-main-0-m": {"metadata": {"labels": {"app.kubernetes.io/managed-by": "me"}}},
    }
    with place.operator(tmp_path):
        herd.live()
        herd.wait(calm)
        for name, patch in edits.items():
            place.target.kubectl("patch", name, "-n", place.namespace, "--type=merge", f"-p={json.dumps(patch)}")
        herd.wait(calm)
        kinds = ("deployments", "services", "virtualservices", "destinationrules")
        for kind in kinds:
            place.target.kubectl(
                "delete", kind, "-n", place.namespace, "-l", "seldon-deployment-id=herd-0", "--wait=false"
            )
        herd.wait(calm)


def test_what_was_deleted_is_not_among_what_must_be_there(calm: dict[str, Any]) -> None:
    """The yardstick of this file is not empty and not too long."""
    owners = {labels["seldon-deployment-id"] for labels, _ in calm.values()}
    assert len(owners) == 7
    assert owners.isdisjoint(DELETED)


def test_a_namespace_that_is_being_deleted_is_left_in_peace(bare_target: Target, tmp_path: Path) -> None:
    """Kubernetes deletes one kind after the other, and refuses whatever is made anew meanwhile: that is asked once."""
    with Place.made(bare_target, "sdep-leaving") as place, place.operator(tmp_path) as operator:
        herd = Herd(place)
        herd.create()
        until(lambda: len(herd.children()) >= 9 * len(NAMES), "the herd has its children", 60)
        before = operator.refusals()
        place.target.kubectl("delete", "namespace", place.namespace)
        assert operator.refusals() - before <= 2 * len(NAMES)
