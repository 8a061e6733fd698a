"""How a shadow's comparison is shown: in the tree, and by its own command."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sdep.api.comparison import Comparison
from sdep.cli import main
from sdep.cli.status_view import lines
from sdep.cli.terminal import Terminal
from sdep.comparison.agreement import Allowed
from sdep.comparison.counts import with_pairs
from sdep.comparison.says import said
from sdep.diagnosis.tree import view
from sdep.evidence.answers import Answer, Row
from tests.unit.cli.api_server import ApiServer
from tests.unit.cli.cluster_objects import Body, condition, gathered, sdep

NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
PLAIN = Terminal(colours=False, unicode=True, width=None)


def comparison(shadow: str = "forest") -> Body:
    """Of forty pairs ten differ, the shadow is slower and fails once."""
    pairs = [
        (
            Answer(f"{n:016x}", 1.0, 0.010, 200, (Row("dear", 0.9),)),
            Answer(f"{n:016x}", 1.0, 0.012, 200, (Row("cheap" if n < 10 else "dear", 0.8),)),
        )
        for n in range(40)
    ]
    pairs.append((Answer("f" * 16, 1.0, 0.01, 200, (Row("dear", 0.9),)), Answer("f" * 16, 1.0, 0.01, 500)))
    known = Comparison(shadow=shadow, revision="r", since="2026-01-01T00:00:00Z", pods={"p": 1.0})
    told: Body = said(with_pairs(known, pairs, Allowed())).model_dump(mode="json", by_alias=True, exclude_none=True)
    return told


def body() -> Body:
    return sdep(condition("Ready", "Ready", status="True"), comparisons=[comparison(), comparison("boosting")])


def test_the_tree_says_of_each_shadow_what_the_pairs_say() -> None:
    """A sentence a shadow, below the predictors."""
    shown = "\n".join(lines(view(gathered(body())), PLAIN, NOW))
    assert "comparison of forest  for 5m" in shown
    assert shown.count("75.0 % agree (") == 2


def test_the_command_shows_every_measure_of_every_shadow(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """For people a table each, for programs the fields of the status without their evidence."""
    with ApiServer(body()).kubeconfig(tmp_path) as kubeconfig:
        assert main(["compare", "prices", "--kubeconfig", kubeconfig]) == 0
        shown = capsys.readouterr().out
        assert main(["compare", "prices", "-o", "json", "--kubeconfig", kubeconfig]) == 0
        told = json.loads(capsys.readouterr().out)
    first, second = shown.split("\n\nboosting")
    assert "dear -> cheap: 10 rows" in first
    assert "41, of which 40 can be compared and 30 are wholly alike" in first
    assert "p50 -0.1" in first
    assert "p50 +2," in second
    assert "40 slower, 0 faster" in second
    assert "shadow alone 1, live alone 0, both 0" in first
    assert [found["shadow"] for found in told["comparisons"]] == ["forest", "boosting"]
    assert told["comparisons"][0]["flips"] == [{"live": "dear", "shadow": "cheap", "rows": 10}]
    assert "deltas" not in told["comparisons"][0]


def test_without_a_shadow_it_says_what_makes_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No is an answer: the code is 1, and the reason says how to get another."""
    with ApiServer(sdep()).kubeconfig(tmp_path) as kubeconfig:
        assert main(["compare", "prices", "--kubeconfig", kubeconfig]) == 1
    assert "NoShadow: prices has no shadow" in capsys.readouterr().err
