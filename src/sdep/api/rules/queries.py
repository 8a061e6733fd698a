"""Rules about what a rollout asks of Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import get_args

from sdep.api.duration import seconds
from sdep.api.problem import Problem
from sdep.api.query import PLACEHOLDERS, Query, placeholders, without_placeholders
from sdep.api.rollout import Measure, RolloutSpec
from sdep.api.rules.walk import invalid
from sdep.api.seldon_deployment import SeldonDeployment

_TAKEN = {*get_args(Measure), "split"}
"""What other findings are called."""


def queries(_: SeldonDeployment, spec: RolloutSpec, where: str) -> Iterator[Problem]:
    names = Counter(query.name for query in spec.analysis.queries)
    for number, query in enumerate(spec.analysis.queries):
        field = f"{where}.analysis.queries[{number}]"
        yield from _name(query, field, names)
        yield from _text(query, field)
        yield from _limits(query, field, spec)


def _name(query: Query, field: str, names: Counter[str]) -> Iterator[Problem]:
    if not query.name:
        yield invalid(f"{field}.name", "is empty: its finding is told by this name")
    elif query.name in _TAKEN:
        yield invalid(f"{field}.name", f"{query.name!r} is the name of a built-in metric: give the query another")
    elif names[query.name] > 1:
        yield invalid(f"{field}.name", f"{query.name!r} is the name of several queries: give each its own")


def _text(query: Query, field: str) -> Iterator[Problem]:
    known = ", ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
    if not query.query.strip():
        yield invalid(f"{field}.query", "is empty: write PromQL whose answer is one number")
    for name in placeholders(query.query):
        if name not in PLACEHOLDERS:
            yield invalid(f"{field}.query", f"{{{{{name}}}}} is no placeholder; there are: {known}")
    if "{{" in without_placeholders(query.query):
        yield invalid(f"{field}.query", f"'{{{{' begins a placeholder that does not end; there are: {known}")


def _limits(query: Query, field: str, spec: RolloutSpec) -> Iterator[Problem]:
    if query.success is None and query.failure is None:
        yield invalid(field, "says neither success nor failure: give one or both, such as success: '< 0.01'")
    if seconds(query.initial_delay) >= seconds(spec.analysis.max_duration):
        message = f"{query.initial_delay} is no less than maxDuration, so nothing would ever be asked: shorten it"
        yield invalid(f"{field}.initialDelay", message)
