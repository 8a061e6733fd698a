"""Experiments of tests: arms with what they did, and what is asked of them."""

from __future__ import annotations

from typing import Any

from sdep.api.experiment import ExperimentSpec
from sdep.evidence import histogram
from sdep.evidence.evidence import LATENCY_DIGITS, Evidence
from sdep.evidence.truth import Truth
from sdep.experiment.arm import Arm, Known, known

ARMS = (Arm("a", ("price:1",), 50), Arm("b", ("price:2",), 50))


def asked(goal: str | dict[str, Any] = "correct", **more: object) -> ExperimentSpec:
    given = {"name": goal} if isinstance(goal, str) else goal
    return ExperimentSpec.model_validate({"goal": given, "guardrails": [], **more}, by_alias=True, by_name=False)


def did(requests: int = 0, errors: int = 0, *, seconds: float = 0.01, **truth: Truth) -> Evidence:
    """`truth` is by the last part of the model's name: `v1` for price:1."""
    latency = histogram.Histogram(LATENCY_DIGITS, {seconds: requests - errors})
    told = {f"price:{name[1:]}": found for name, found in truth.items()}
    return Evidence(requests=requests, errors=errors, latency=latency, truth=told)


def right(correct: int, incorrect: int) -> Truth:
    return Truth(correct=correct, incorrect=incorrect)


def seen(*evidence: Evidence, arms: tuple[Arm, ...] = ARMS) -> list[Known]:
    return known(arms, {arm.name: found for arm, found in zip(arms, evidence, strict=True)})
