"""Rollouts of tests: two predictors, a trial between them, and what was seen."""

from __future__ import annotations

from typing import Any

from sdep.api.defaults import with_defaults
from sdep.api.moment import after
from sdep.api.rollout import RolloutSpec
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Finding, RolloutStatus
from sdep.rollout.command import Command, Verb
from sdep.rollout.progress import advance
from sdep.rollout.seen import Seen
from sdep.rollout.trial import Trial

START = "2026-01-01T00:00:00Z"
STEPS = [{"weight": 5, "duration": "1m"}, {"weight": 50, "duration": "2m"}]


def spec(**more: object) -> RolloutSpec:
    return RolloutSpec.model_validate({"canary": "canary", "steps": STEPS, **more}, by_alias=True, by_name=False)


def trial(revision: str = "one", *, follows: bool = False, **more: object) -> Trial:
    return Trial(spec(**more), "canary", "main", revision, follows)


def later(seconds: float) -> str:
    return after(START, seconds)


def finding(verdict: str, **more: Any) -> Finding:  # noqa: ANN401 - any field
    return Finding.model_validate({"metric": "errors", "verdict": verdict, "message": f"it says {verdict}", **more})


def seen(*verdicts: str, answers: bool = True, command: Command | None = None, **more: Any) -> Seen:  # noqa: ANN401 - any field
    return Seen(answers=answers, findings=[finding(verdict) for verdict in verdicts], command=command, **more)


def command(verb: Verb, at: str = "2026-01-01T00:00:05Z", why: str = "") -> Command:
    return Command(verb=verb, at=at, by="ann", why=why)


def walk(under: Trial, *looks: tuple[float, Seen], before: RolloutStatus | None = None) -> RolloutStatus:
    """What becomes of it, looked at after so many seconds each time, and once more at once where a trial has just begun."""
    for second, what in looks:
        fresh = before is None or before.revision != under.revision
        before = advance(under, before, what, later(second))
        before = advance(under, before, what, later(second)) if fresh else before
    assert before is not None
    return before


def sdep(*predictors: dict[str, Any], annotations: dict[str, str] | None = None, **more: object) -> SeldonDeployment:
    """With defaults; a predictor may be a name alone."""
    return with_defaults(
        parse(
            {
                "apiVersion": "machinelearning.seldon.io/v1",
                "kind": "SeldonDeployment",
                "metadata": {"name": "prices", "annotations": annotations or {}},
                "spec": {"predictors": list(predictors), **more},
            }
        )
    )


def predictor(name: str, uri: str = "models:/price@champion", **more: object) -> dict[str, Any]:
    return {"name": name, "graph": {"name": "price", "modelUri": uri}, **more}
