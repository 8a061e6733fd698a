"""The last lines that `sdep explain` shows of a container that fails and is started again, at every moment of that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdep.cli import main
from tests.unit.cli.api_server import ApiServer
from tests.unit.cli.cluster_objects import Body, container, with_pod


def run(number: int) -> Body:
    """As Kubernetes tells of it, in whole seconds: the next one begins within the second in which it ends."""
    begin = 10 + 5 * number
    return {"exitCode": 1, "startedAt": f"2026-01-01T00:00:{begin}Z", "finishedAt": f"2026-01-01T00:00:{begin + 5}Z"}


def starts(number: int) -> str:
    """On a node in another time zone."""
    return f"2026-01-01T02:00:{10 + 5 * number}.950000000+02:00 run {number} starts\n"


def log(number: int) -> str:
    return f"{starts(number)}2026-01-01T00:00:{15 + 5 * number}.387654321Z run {number} fails\n"


def shown(folder: Path, capsys: pytest.CaptureFixture[str], state: Body, logs: dict[bool, str]) -> list[str]:
    """The lines at the end of the chain; `logs` by whether those of the run before are asked for."""
    found = with_pod("ContainerFailed", initContainerStatuses=[{**container("fetch"), **state}])
    beside = [*found.deployments, *found.replica_sets, *found.pods]
    with ApiServer(dict(found.sdep), beside=beside, logs=logs).kubeconfig(folder) as kubeconfig:
        assert main(["explain", "prices", "-o", "json", "--kubeconfig", kubeconfig]) == 1
    return list(json.loads(capsys.readouterr().out)["chain"][-1]["log"])


AT_ONCE = "2026-01-01T00:00:20Z"
BRIEF = {"terminated": {"exitCode": 1, "startedAt": AT_ONCE, "finishedAt": AT_ONCE}}
BRIEFLY = "2026-01-01T00:00:20.5Z run 1 fails at once\n"
FIRST, SECOND = {"terminated": run(1)}, {"terminated": run(2)}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
GONE = "unable to retrieve container logs for containerd://0123\n"


@pytest.mark.parametrize(
    ("state", "logs", "told"),
    [
        pytest.param({"state": FIRST}, {False: log(1)}, 1, id="the first run has failed"),
        pytest.param({"state": FIRST}, {True: log(1), False: starts(2)}, 1, id="and has been followed meanwhile"),
        pytest.param({"state": FIRST}, {True: log(1), False: ""}, 1, id="by one that says nothing yet"),
        pytest.param({"state": FIRST}, {True: log(1), False: log(2)}, 1, id="or that has failed as well"),
        pytest.param(
            {"state": {"running": {}}, "lastState": FIRST},
            {True: log(1), False: starts(2)},
            1,
            id="the second one runs",
        ),
        pytest.param(
            {"state": {"running": {}}, "lastState": FIRST},
            {True: GONE, False: log(2)},
            2,
            id="and the first is removed",
        ),
        pytest.param(
            {"state": SECOND, "lastState": FIRST}, {True: log(1), False: log(2)}, 2, id="the second has failed"
        ),
        pytest.param(
            {"state": SECOND, "lastState": BRIEF}, {True: BRIEFLY, False: log(2)}, 2, id="after a brief first"
        ),
        pytest.param(
            {"state": BACK_OFF, "lastState": SECOND}, {True: log(2), False: log(2)}, 2, id="the third is waited for"
        ),
        pytest.param(
            {"state": BACK_OFF, "lastState": SECOND}, {True: log(2), False: starts(3)}, 2, id="and has begun meanwhile"
        ),
        pytest.param(
            {"state": BACK_OFF, "lastState": FIRST}, {True: log(2), False: starts(3)}, 2, id="two runs after the look"
        ),
    ],
)
def test_the_lines_are_those_of_a_run_that_failed(
    state: Body, logs: dict[bool, str], told: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(tmp_path, capsys, state, logs) == [f"run {told} starts", f"run {told} fails"]


@pytest.mark.parametrize(
    ("state", "logs"),
    [
        pytest.param({"state": {"running": {}}}, {False: starts(1)}, id="the first run has not failed"),
        pytest.param(
            {"state": {"running": {}}, "lastState": FIRST}, {True: "", False: starts(1)}, id="or said nothing"
        ),
        pytest.param({"state": {"running": {}}, "lastState": FIRST}, {False: starts(1)}, id="or left no log"),
    ],
)
def test_where_no_run_told_why_it_failed_the_current_one_is_heard(
    state: Body, logs: dict[bool, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(tmp_path, capsys, state, logs) == ["run 1 starts"]


def test_a_container_without_a_log_ends_the_chain_without_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(tmp_path, capsys, {"state": {"waiting": {"reason": "ImagePullBackOff"}}}, {}) == []
