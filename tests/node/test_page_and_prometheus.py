"""What an installation may add to rollouts: a page on which people decide, and a Prometheus that tells what canaries do."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from demo import operator
from demo.kubectl import Target, until
from sdep.rollout.command import COMMAND_ANNOTATION
from tests.node import judged, sdep
from tests.node.cluster_prometheus import prometheus
from tests.node.forward import forwarded
from tests.node.load import Load
from tests.node.people import ANN, BOB, people
from tests.node.sdep import NAMESPACE

NAME = "witnessed"
PAGE = "svc/seldon-controller-manager-page"
SERVER = 'seldon_api_executor_server_requests_seconds_%s{namespace="{{namespace}}",predictor_name="{{canary}}"}'
SECONDS = f"sum(rate({SERVER % 'sum'}[{{{{step}}}}])) / sum(rate({SERVER % 'count'}[{{{{step}}}}]))"
SLOW = {"name": "mean-seconds", "query": SECONDS, "failure": "> 0.04", "initialDelay": "4s", "failureLimit": 1}


@pytest.fixture(scope="module")
def page(target: Target) -> Iterator[str]:
    """The address at which the installed operator's page answers; it has a Prometheus too."""
    with prometheus(target, NAMESPACE, NAME) as url:
        try:
            operator.install(target, "page.enabled=true", "page.actions=true", f"prometheus.url={url}")
            with forwarded(target, operator.NAMESPACE, PAGE, 80) as port:
                yield f"http://127.0.0.1:{port}/api/sdeps"
        finally:
            operator.install(target)


@pytest.fixture(scope="module")
def load(target: Target, page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    assert page
    with judged.under_load(target, NAME, tmp_path_factory.mktemp("load") / "answers") as running:
        yield running


def asked(address: str, token: str = "", body: object = None) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(address, json.dumps(body).encode() if body else None, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def mirrored(target: Target) -> dict[str, Any]:
    """What the status says of the canary beside who answers clients."""
    (found,) = sdep.status(target, NAME).get("comparisons") or [{"pairs": 0}]
    return dict(found)


@pytest.mark.usefixtures("load")
def test_who_may_patch_it_decides_on_the_page_and_a_canary_that_gets_copies_is_compared(
    target: Target, page: str
) -> None:
    steps = [{"mirror": 100, "duration": "10m"}, {"weight": 50, "duration": "10m"}]
    analysis = {**judged.ANALYSIS, "metrics": [{"name": "errors"}]}
    address = f"{page}/{NAMESPACE}/{NAME}"
    with people(target, NAMESPACE) as tokens:
        sdep.apply(target, judged.manifest(target, NAME, "shifted", steps=steps, analysis=analysis))
        until(lambda: mirrored(target)["pairs"] >= 200, "copies are paired with answers", 90)
        found = mirrored(target)
        assert found["shadow"] == "canary"
        assert found["compared"] == found["pairs"]
        assert 2 < found["delta"]["p50"] < 4, "the canary predicts three more, with as much noise as the other"
        assert "its numbers are greater" in found["message"]

        for token, status, said in (
            ("", 401, "give a bearer token"),
            ("made-up", 401, "Kubernetes does not know this token"),
            (tokens[BOB], 403, f"system:serviceaccount:{NAMESPACE}:{BOB} may not patch the SeldonDeployment {NAME}"),
        ):
            refused, answer = asked(f"{address}/rollout", token, {"verb": "promote"})
            assert (refused, said in answer["message"]) == (status, True), answer
        assert COMMAND_ANNOTATION not in target.get("sdep", NAME, "-n", NAMESPACE)["metadata"]["annotations"]
        assert judged.rollout(target, NAME)["step"] == 0

        assert asked(f"{address}/rollout", tokens[ANN], {"verb": "promote", "why": "alike enough"})[0] == 200
        judged.wait_for(target, NAME, lambda found: found["step"] == 1, "Ann's word is obeyed", 30)
        assert asked(f"{address}/rollout", tokens[ANN], {"verb": "abort", "why": "complaints"})[0] == 200
        found = judged.wait_for(target, NAME, judged.ended, "Ann's other word is obeyed", 30)
        assert (found["phase"], found["reason"], found["message"]) == ("RolledBack", "Aborted", "complaints")
        decided = [(one["by"], one.get("why")) for one in found["history"] if one["by"] != "analysis"]
        who = f"system:serviceaccount:{NAMESPACE}:{ANN}"
        assert decided == [(who, "complaints"), (who, "alike enough")]
        shown = asked(address)[1]["view"]["rollout"]
        assert (shown["phase"], shown["message"]) == ("RolledBack", "complaints")


@pytest.mark.usefixtures("load")
@pytest.mark.parametrize(
    ("behaviour", "judged_by", "words"),
    [
        ("errors", {"metrics": [{"name": "errors"}]}, "requests failed"),
        ("slow", {"queries": [SLOW]}, "bad (failure > 0.04)"),
    ],
    ids=["counted errors", "a query"],
)
def test_a_bad_canary_is_turned_back_by_what_prometheus_has_scraped(
    target: Target, behaviour: str, judged_by: dict[str, Any], words: str
) -> None:
    """By errors that are counted there, and by a query of one's own; predictions are what only engines know."""
    ((named,),) = judged_by.values()
    metrics = [*judged_by.get("metrics", ()), {"name": "predictions", "dryRun": True}]
    analysis = {**judged.ANALYSIS, "source": "Prometheus", **judged_by, "metrics": metrics}
    found = judged.tried(target, NAME, behaviour, steps=judged.CAUTIOUS, analysis=analysis)
    assert (found["phase"], found["reason"], found["step"]) == ("RolledBack", "AnalysisFailed", 0), found["message"]
    said = {finding["metric"]: finding for finding in found["findings"]}
    assert said[named["name"]]["verdict"] == "Fail"
    assert words in said[named["name"]]["message"]
    assert said[named["name"]]["message"] in found["message"]
    assert said["predictions"]["message"].startswith("Prometheus is not told what was predicted")
    assert ("RolledBack", f"canary: {found['message']}") in sdep.events(target, NAME)
    print(f"{behaviour}: {found['message']}")
