"""Why a pod does not serve, in the words of what stopped it."""

from __future__ import annotations

from typing import Any

from sdep.contract import FetchFailure, FetchReport
from sdep.status.pods import reports, trouble


def pod(**status: object) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "status": status}


def container(name: str, **fields: object) -> dict[str, Any]:
    return {"name": name, "ready": False, **fields}


def test_a_model_that_could_not_be_fetched_gives_the_fetchers_own_reason() -> None:
    said = FetchFailure(reason="AccessDenied", message="s3://b/m refuses the credentials").model_dump_json()
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    last = {"terminated": {"exitCode": 1, "reason": "Error", "message": said}}
    found = trouble([pod(initContainerStatuses=[container("init", state=state, lastState=last)])])
    assert found is not None
    assert (found.reason, found.message) == ("AccessDenied", "s3://b/m refuses the credentials")


def test_an_image_that_cannot_be_pulled_is_named() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling image nowhere:1"}
    found = trouble([pod(containerStatuses=[container("engine", state={"waiting": waiting})])])
    assert found is not None
    assert found.reason == "ImagePullBackOff"
    assert "nowhere:1" in found.message


def test_a_container_that_ran_out_of_memory_is_named() -> None:
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    found = trouble([pod(containerStatuses=[container("engine", state={"waiting": {}}, lastState=last)])])
    assert found is not None
    assert found.reason == "OOMKilled"


def test_a_pod_that_finds_no_node_says_why() -> None:
    scheduled = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: Insufficient cpu"}
    found = trouble([pod(conditions=[scheduled])])
    assert found is not None
    assert found.reason == "Unschedulable"


def test_a_pod_on_its_way_is_no_trouble() -> None:
    waiting = {"reason": "PodInitializing"}
    assert trouble([pod(containerStatuses=[container("engine", state={"waiting": waiting})])]) is None


def test_an_image_that_is_tried_again_and_again_is_one_trouble() -> None:
    """The kubelet alternates between two reasons; each flip would be a status write and an event."""
    cause = 'failed to pull "nowhere:1": not found'
    tried = {"reason": "ErrImagePull", "message": cause}
    waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "nowhere:1": ErrImagePull: {cause}'}
    found = {
        trouble([pod(containerStatuses=[container("engine", state={"waiting": state})])]) for state in (tried, waiting)
    }
    assert len(found) == 1


def test_a_model_that_differs_from_the_image_is_told_of() -> None:
    """An init container that succeeded may have said something too; what is no report of ours is nothing."""
    said = FetchReport(reason="EnvironmentDiffers", message="asks for scikit-learn==1.2").model_dump_json()
    ended = {"terminated": {"exitCode": 0, "message": said}}
    other = {"terminated": {"exitCode": 0, "message": "done"}}
    found = reports([pod(initContainerStatuses=[container("a", state=ended), container("b", state=other)])])

    assert {name: report.message for name, report in found.items()} == {"a": "asks for scikit-learn==1.2"}
