"""A SeldonDeployment as OpenLineage sees it: a job that goes on for ever, with a run for each time that a predictor serves some models.

A run starts when its models come, and ends when others take their place, or the predictor goes: `COMPLETE`, or `ABORT` where a canary was
turned back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sdep.api.status import Told
from sdep.lineage.statement import Served, Statement

Kind = Literal["START", "RUNNING", "OTHER", "COMPLETE", "ABORT"]
_OURS = uuid.UUID("6f0d6a1e-2f3c-5b0a-9c43-6d1f9b7f2a10")


@dataclass(frozen=True)
class Run:
    """One event of a run. What is said twice has the same id twice, so that a receiver can tell."""

    id: str
    kind: Kind
    models: tuple[Served, ...] = ()
    error: str = ""


def runs_of(statement: Statement) -> dict[str, str]:
    """The runs that are on, by predictor: none once it is deleted."""
    return {predictor: _id(statement.uid, models) for predictor, models in statement.by_predictor.items()}


def events(statement: Statement, before: Told | None) -> list[Run]:
    """What is told of this statement to who was told `before` of the last one."""
    known, now = before.runs if before else {}, runs_of(statement)
    turned_back = statement.outcome.startswith("RolledBack")
    ended = [
        Run(run, "ABORT" if turned_back and predictor not in now else "COMPLETE")
        for predictor, run in known.items()
        if now.get(predictor) != run
    ]
    by_predictor = statement.by_predictor
    going = [
        event
        for predictor, run in now.items()
        for event in _going(statement, run, by_predictor[predictor], new=known.get(predictor) != run)
    ]
    return ended + going


def _going(statement: Statement, run: str, models: tuple[Served, ...], *, new: bool) -> Iterator[Run]:
    if new:
        yield Run(run, "START", models)
    if statement.phase == "Failed":
        yield Run(run, "OTHER", models, error="its pods can not serve these models")
    elif statement.phase == "InService" or not new:
        yield Run(run, "RUNNING", models)


def _id(uid: str, models: tuple[Served, ...]) -> str:
    """Of what is served, by which predictor, and since when."""
    parts = [f"{model.predictor} {model.unit} {model.artifact_uri} {model.since}" for model in models]
    return str(uuid.uuid5(_OURS, "\n".join([uid, *sorted(parts)])))
