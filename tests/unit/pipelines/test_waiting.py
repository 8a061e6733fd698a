"""A pipeline goes on when what it waits for is true of the newest manifest, and stops waiting when it never will be."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.errors import InvalidError
from sdep.pipelines.waiting import reached


def body(observed: int = 2, **status: object) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True", "reason": "Ready", "message": "all is well"}]
    return {
        "metadata": {"generation": 2},
        "status": {"observedGeneration": observed, "conditions": conditions, **status},
    }


def test_a_condition_that_is_true_has_come() -> None:
    assert reached(body(), "Ready", "") == (True, "Ready: all is well")


def test_what_was_said_of_an_older_manifest_does_not_count() -> None:
    assert not reached(body(observed=1), "Ready", "")[0]
    assert not reached({"metadata": {"generation": 1}}, "Ready", "")[0]


def test_the_version_that_is_waited_for_comes_first() -> None:
    served = body(models=[{"version": "1"}])
    assert reached(served, "Ready", "2") == (False, "no unit serves version 2")
    assert reached(served, "Ready", "1")[0]


def test_a_condition_that_is_not_there_may_still_come() -> None:
    assert reached(body(), "RolloutComplete", "") == (False, "there is no condition RolloutComplete")


def test_what_is_stalled_is_not_waited_for() -> None:
    stalled = {"type": "Stalled", "status": "True", "reason": "InvalidManifest", "message": "traffic is no number"}
    with pytest.raises(InvalidError, match="traffic is no number") as caught:
        reached(body(conditions=[stalled]), "Ready", "")
    assert caught.value.reason == "InvalidManifest"


def test_a_canary_that_was_turned_back_fails_the_wait_for_its_rollout_alone() -> None:
    turned = body(rollout={"phase": "RolledBack", "reason": "AnalysisFailed", "message": "errors"})
    assert reached(turned, "Ready", "")[0]
    with pytest.raises(InvalidError, match="the canary was turned back: errors"):
        reached(turned, "RolloutComplete", "")
