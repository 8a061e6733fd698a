"""What is said of a rollout: all of it as JSON, a line for Slack, and only to who wants to know."""

from __future__ import annotations

from typing import Any

from sdep.api.rollout_notify import Notify
from sdep.rollout.notice import content, told
from tests.unit.rollout.trials import seen, trial, walk


def notify(**given: Any) -> Notify:  # noqa: ANN401 - any field
    return Notify.model_validate({"url": "http://bell.ops.svc/", **given}, by_alias=True, by_name=False)


def test_who_names_no_phase_is_told_of_pauses_and_ends() -> None:
    under = trial(notify=[{"url": "http://a.svc/"}, {"url": "http://b.svc/", "phases": ["Progressing"]}])
    running = walk(under, (0, seen()))
    back = walk(under, (1, seen("Fail")), before=running)
    assert [one.url for one in told(under.spec, running)] == ["http://b.svc/"]
    assert [one.url for one in told(under.spec, back)] == ["http://a.svc/"]


def test_json_is_the_rollout_with_the_step_as_people_count() -> None:
    status = walk(trial(), (0, seen()), (30, seen("Inconclusive")))
    body = content(notify(), "data", "prices", status)
    assert (body["namespace"], body["name"], body["phase"], body["reason"]) == (
        "data",
        "prices",
        "Progressing",
        "Analysing",
    )
    assert (body["step"], body["steps"], body["weight"], body["findings"][0]["message"]) == (
        1,
        2,
        5,
        "it says Inconclusive",
    )
    assert not {"collected", "history", "command"} & body.keys()


def test_slack_gets_a_text_that_mentions_nobody() -> None:
    status = walk(trial(), (0, seen())).model_copy(
        update={"phase": "RolledBack", "message": "<!channel> p99 > 1 & more"}
    )
    assert content(notify(form="Slack"), "data", "prices", status) == {
        "text": "RolledBack: data/prices: canary: &lt;!channel&gt; p99 &gt; 1 &amp; more"
    }
