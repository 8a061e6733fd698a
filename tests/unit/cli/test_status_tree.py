"""The tree of a SeldonDeployment, and how it is drawn."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sdep.cli.ages import age
from sdep.cli.status_view import lines, plain_lines
from sdep.cli.terminal import Terminal
from sdep.diagnosis.gathered import Gathered, gather
from sdep.diagnosis.tree import view
from tests.unit.cli.cluster_objects import (
    condition,
    container,
    deployment,
    gathered,
    not_ready,
    pod,
    replica_set,
    sdep,
)

NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
PLAIN = Terminal(colours=False, unicode=True, width=None)


def canary() -> Gathered:
    """`main` serves; a pod of `main-new` fails."""
    good, bad = deployment("prices-main-0-m", available=1), deployment("prices-main-new-0-m")
    of_good, of_bad = replica_set(good), replica_set(bad)
    ready = {"name": "engine", "ready": True, "restartCount": 0, "state": {"running": {}}}
    failing = container("fetch", restarts=4, waiting={"reason": "ImagePullBackOff", "message": "no such image"})
    predictors = [
        {"name": "main", "traffic": 100, "requestedTraffic": 90},
        {"name": "main-new", "traffic": 0, "requestedTraffic": 10},
    ]
    model = {"predictor": "main", "unit": "m", "uri": "models:/price@champion", "name": "price", "version": "3"}
    made = {"commit": "1a2b3c4d5e6f7081", "data": [{"name": "houses", "digest": "9f86"}]}
    held = {**model, "predictor": "main-new", "held": True, "cause": "held at version 3 by sdep undo"}
    body = sdep(
        *not_ready("DeploymentsReady", "ImagePullBackOff", "no such image"),
        predictors=predictors,
        models=[{**model, "origin": made}, held],
    )
    return gathered(
        body,
        good,
        bad,
        of_good,
        of_bad,
        pod(of_good, phase="Running", containerStatuses=[ready]),
        pod(of_bad, initContainerStatuses=[failing]),
    )


def test_the_tree_has_weights_models_pods_and_what_is_wrong() -> None:
    assert list(lines(view(canary()), PLAIN, NOW)) == [
        "✖ prices  Creating, not Ready",
        "├─ main · 90% asked, 100% routed",
        "│  ├─ model price/3  as @champion",
        "│  │     commit 1a2b3c4d5e6f · data houses@9f86",
        "│  └─ ✔ 1/1 Deployment prices-main-0-m",
        "│     └─ ✔ 1/1 pod 5d4-x2z  Running · 5m",
        "└─ main-new · 10% asked, 0% routed",
        "   ├─ model price/3 (held)  in place of @champion",
        "   │     held at version 3 by sdep undo",
        "   └─ ✖ 0/1 Deployment prices-main-new-0-m",
        "      └─ ✖ 0/1 pod 5d4-x2z  Init:ImagePullBackOff · 4 restarts · 5m",
        "            no such image",
        "✖ DeploymentsReady is False: ImagePullBackOff",
        "  no such image",
    ]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    drawn = list(lines(view(canary()), Terminal(colours=False, unicode=True, width=width), NOW))
    assert max(len(line) for line in drawn) <= width


def test_a_terminal_that_knows_no_unicode_gets_ascii() -> None:
    assert "\n".join(lines(view(canary()), Terminal(colours=False, unicode=False, width=80), NOW)).isascii()


def test_a_deployment_belongs_to_the_predictor_with_the_longest_name_that_fits() -> None:
    shown = view(canary())
    assert {part.name: [found.name for found in part.deployments] for part in shown.predictors} == {
        "main": ["prices-main-0-m"],
        "main-new": ["prices-main-new-0-m"],
    }


def test_a_deployment_of_a_predictor_that_was_taken_out_is_left_over() -> None:
    shown = view(gathered(sdep(), deployment("prices-old-0-m")))
    assert [found.name for found in shown.leftover] == ["prices-old-0-m"]


def test_a_manifest_that_changed_since_the_status_is_not_ready() -> None:
    body = sdep(condition("Ready", "Ready", status="True"))
    assert view(gathered(body)).ready
    body["metadata"]["generation"] = 3
    assert not view(gathered(body)).ready


def test_objects_of_others_are_left_out() -> None:
    other = deployment("other-main-0-m")
    other["metadata"]["ownerReferences"] = []
    (found,) = gather([sdep()], {"Deployment": [other], "ReplicaSet": [], "Pod": []})
    assert found.deployments == []


def test_plain_lines_name_their_subject_and_hold_no_age() -> None:
    told = list(plain_lines(view(canary())))
    assert told[0] == "models/prices: Creating, not Ready"
    assert "models/prices pod prices-main-new-0-m-5d4-x2z: 0/1 ready, Init:ImagePullBackOff: no such image" in told


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-01-01T00:04:30Z", "30s"),
        ("2025-12-31T23:00:00Z", "65m"),
        ("2025-12-31T00:00:00Z", "24h"),
        ("2025-12-01T00:00:00Z", "31d"),
        ("2026-01-01T00:06:00Z", "0s"),
        ("", ""),
    ],
)
def test_an_age_is_as_short_as_kubectls(then: str, said: str) -> None:
    assert age(then, NOW) == said
