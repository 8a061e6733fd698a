"""A question to Prometheus of which a canary is judged: PromQL with names to fill in, and numbers to compare its answer with."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from sdep.api.base import Count, KubeModel
from sdep.api.duration import Duration

PLACEHOLDERS = ("namespace", "name", "canary", "stable", "interval", "step")
"""`step` is the time since the current step began, `interval` that between two looks: both as PromQL writes durations."""

_COMPARISON = r"^ *(<=|>=|==|!=|<|>) *([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?) *$"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}\s]*)\s*\}\}")
"""No PromQL has two braces in a row outside of a string."""
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _checked(text: str) -> str:
    if not re.fullmatch(_COMPARISON, text):
        raise ValueError("is no comparison: write one of < <= > >= == != and a number, such as '< 0.01'")
    return text


Comparison = Annotated[str, AfterValidator(_checked), WithJsonSchema({"type": "string", "pattern": _COMPARISON})]


class Query(KubeModel):
    """A number that Prometheus is asked for at each look, and when it is good or bad.

    `success` and `failure` are comparisons with a number. Of both a number that neither is true of is inconclusive; one alone
    means the other by its negation. More than `failureLimit` bad numbers in a step are a failure of the canary; more than
    `errorLimit` looks in a row without a number are no data. `initialDelay` is the part of a step in which nothing is asked.
    """

    name: str
    query: str
    success: Comparison | None = None
    failure: Comparison | None = None
    dry_run: bool = False
    initial_delay: Duration = "0s"
    failure_limit: Count = 0
    error_limit: Count = 4


def holds(comparison: str, value: float) -> bool:
    match = re.fullmatch(_COMPARISON, comparison)
    return match is not None and _OPERATORS[match[1]](value, float(match[2]))


def compared_with(comparison: str) -> float:
    """The number of a comparison."""
    match = re.fullmatch(_COMPARISON, comparison)
    return float(match[2]) if match else float("nan")


def placeholders(text: str) -> list[str]:
    """Every name between two pairs of braces, known or not."""
    return _PLACEHOLDER.findall(text)


def without_placeholders(text: str) -> str:
    return _PLACEHOLDER.sub("", text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The PromQL that is asked; `values` has every placeholder."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
