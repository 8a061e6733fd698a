"""Shadows beside who answers the clients: real copies of real requests, paired by the gateway's own ids."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from typing import Any

from demo import operator, traffic
from demo.kubectl import Target, until
from tests.node import judged, sdep
from tests.node.forward import forwarded
from tests.node.sdep import NAMESPACE

NAME = "shadows"
PRICES = [float(2 * number) for number in range(50)] * 3
"""Requests of one row; fewer than an engine keeps in one window."""
LIMITS = {"main": 50, "same": 50, "other": 70}
DIFFERENT = sum(LIMITS["main"] <= price < LIMITS["other"] for price in PRICES)
_PAIRS = re.compile(
    r'^sdep_shadow_pairs_total\{.*outcome="(?P<outcome>\w+)".*predictor_name="(?P<shadow>\w+)".*\} (?P<count>\S+)$',
    re.MULTILINE,
)


def comparisons(target: Target) -> dict[str, dict[str, Any]]:
    return {found["shadow"]: found for found in sdep.status(target, NAME).get("comparisons", ())}


def paired(target: Target) -> dict[str, int]:
    return {shadow: found["pairs"] for shadow, found in comparisons(target).items()}


def counted(target: Target) -> dict[tuple[str, str], float]:
    """By shadow and outcome, as an operator's metrics have it."""
    with (
        forwarded(target, operator.NAMESPACE, f"deploy/{operator.DEPLOYMENT}", 8080) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer,
    ):
        found = _PAIRS.finditer(answer.read().decode())
        return {(match["shadow"], match["outcome"]): float(match["count"]) for match in found}


def compare(target: Target) -> dict[str, Any]:
    """What `sdep compare` prints for programs."""
    command = [sys.executable, "-m", "sdep", "compare", NAME, "-n", NAMESPACE, "-o", "json"]
    printed = subprocess.check_output(command, env=target.environment(), text=True)
    return {found["shadow"]: found for found in json.loads(printed)["comparisons"]}


def test_two_shadows_at_once_are_compared_by_the_same_requests(target: Target, scratch: list[str]) -> None:
    """One that agrees in everything, one whose label differs for a known share: status, command and metric say just that."""
    scratch.append(NAME)
    with judged.classes(target):
        live = judged.predictor(target, "main", str(LIMITS["main"]))
        shadows = [judged.predictor(target, name, str(LIMITS[name]), shadow=True) for name in ("same", "other")]
        sdep.apply(target, sdep.manifest(NAME, live, *shadows))
        sdep.wait_ready(target, NAME)
        heard = lambda: [len(found["pods"]) for found in comparisons(target).values()] == [2, 2]  # noqa: E731
        until(heard, "all pods are listened to", 30)
        sdep.first_answer(target, NAMESPACE, NAME, [[0.0]])

        def all_get_copies() -> bool:
            traffic.predict(target, NAMESPACE, NAME, [[0.0]])
            return min(paired(target).values()) > 0

        until(all_get_copies, "the gateway sends copies to both")
        before = paired(target)
        for price in PRICES:
            traffic.predict(target, NAMESPACE, NAME, [[price]])
        every = lambda: all(pairs >= before[name] + len(PRICES) for name, pairs in paired(target).items())  # noqa: E731
        until(every, "all are paired", 40)
        same, other = comparisons(target)["same"], comparisons(target)["other"]
        assert same["agreement"]["estimate"] == 1
        assert same["agreement"]["low"] > 0.9
        assert same["flips"] == []
        assert other["flips"] == [{"live": "dear", "shadow": "cheap", "rows": DIFFERENT}]
        assert other["compared"] - other["alike"] == DIFFERENT
        bounds = other["agreement"]
        assert bounds["low"] < 1 - DIFFERENT / other["compared"] < bounds["high"]
        assert {found["shadowFailed"] + found["liveFailed"] + found["bothFailed"] for found in (same, other)} == {0}
        assert compare(target)["other"]["message"] == other["message"]
        metrics = counted(target)
        assert metrics["other", "differed"] == DIFFERENT
        assert metrics["same", "agreed"] >= same["alike"]
        print(f"{other['message']}; without a pair: {other['liveOnly']} live, {other['shadowOnly']} shadow")
