"""A Grafana dashboard from what matters in it: rows of panels, each with its queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA_VERSION = 39
"""Of Grafana 10.4, and read by everything since."""
COLUMNS = 24
_DATASOURCE = {"type": "prometheus", "uid": "$datasource"}
_HEIGHTS = {"stat": 4, "timeseries": 8, "table": 8}


@dataclass(frozen=True)
class Query:
    """PromQL; `legend` names its series, as `{{label}}` of each, or in a table the column of its values."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """`unit` is one of Grafana's: `reqps`, `percentunit`, `s`, `short`. `signed` values may be below zero."""

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: Literal["stat", "timeseries", "table"] = "timeseries"
    description: str = ""
    signed: bool = False


@dataclass(frozen=True)
class Variable:
    """A label that panels are narrowed by: all values of it that `metric` has."""

    name: str
    label: str
    metric: str

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": "query",
            "datasource": _DATASOURCE,
            "query": f"label_values({self.metric}, {self.label})",
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        }


@dataclass(frozen=True)
class Board:
    """`rows` are drawn from the top, the panels of each with the same width."""

    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[tuple[Panel, ...], ...]

    def as_json(self) -> dict[str, Any]:
        chosen = {"name": "datasource", "type": "datasource", "query": "prometheus"}
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["sdep"],
            "schemaVersion": SCHEMA_VERSION,
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "templating": {"list": [chosen, *(variable.as_json() for variable in self.variables)]},
            "panels": list(_panels(self.rows)),
        }


def _panels(rows: Sequence[Sequence[Panel]]) -> list[dict[str, Any]]:
    placed: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        width, height = COLUMNS // len(row), max(_HEIGHTS[panel.kind] for panel in row)
        for number, panel in enumerate(row):
            position = {"x": number * width, "y": top, "w": width, "h": height}
            placed.append({"id": len(placed) + 1, **_panel(panel), "gridPos": position})
        top += height
    return placed


def _panel(panel: Panel) -> dict[str, Any]:
    made = {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit} | ({} if panel.signed else {"min": 0}), "overrides": []},
        "targets": [_target(panel, query, chr(ord("A") + number)) for number, query in enumerate(panel.queries)],
    }
    if panel.kind == "table":
        made["transformations"] = _side_by_side(panel.queries)
    return {name: value for name, value in made.items() if value != ""}


def _target(panel: Panel, query: Query, letter: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"refId": letter, "expr": query.expr}
    if panel.kind == "table":
        return {**asked, "instant": True, "format": "table"}
    return {**asked, "legendFormat": query.legend} if query.legend else asked


def _side_by_side(queries: Sequence[Query]) -> list[dict[str, Any]]:
    """One line for each set of labels, one column for each query."""
    names = {f"Value #{chr(ord('A') + number)}": query.legend for number, query in enumerate(queries)}
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "renameByName": names}},
    ]
