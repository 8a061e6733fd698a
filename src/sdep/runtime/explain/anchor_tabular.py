"""Anchors for tables: a rule that, where it holds, keeps the prediction, however the other features change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.explain.anchors.conditions import by_feature, conditions_of, written
from sdep.runtime.explain.anchors.draws import Draws, Rule
from sdep.runtime.explain.anchors.search import Search, asked
from sdep.runtime.explain.data import PERCENTILES
from sdep.runtime.explain.explanation import Bar, Explanation, Picture, shown

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]

NAME = "AnchorTabular"
FRESH = 2000
"""Draws that the found rule and its beginnings are measured with, none of which took part in the search."""
EXAMPLES = 10
"""v1's `n_covered_ex`."""


def check(context: Context) -> None:
    """`NotExplainableError`, or `InvalidError`, before anybody asks."""
    asked(context.config)
    context.sameness()


def explain(rows: Array, context: Context) -> Explanation:
    """Of the first row, as v1 does."""
    row, given, rng = rows[0], asked(context.config), context.rng()
    raw = context.answers(rows[:1])
    same, label = context.sameness(), context.sameness().labels(raw)[0]
    draws = Draws(context.data, row, lambda drawn: same.same(context.answers(drawn), label), rng)
    found = Search(draws, conditions_of(row, context.data, context.data.edges), given).run()
    prefixes = _prefixes(found.rule)
    measured = draws.sampled(prefixes, [FRESH] * len(prefixes))
    precision, coverage = [float(kept.mean()) for _, kept in measured], [draws.coverage(each) for each in prefixes]
    lines = written(found.rule, context.data.names)
    data = {
        "anchor": lines,
        "precision": precision[-1],
        "coverage": coverage[-1],
        "raw": {
            "feature": list(by_feature(found.rule)),
            "mean": precision[1:],
            "precision": precision[1:],
            "coverage": coverage[1:],
            "examples": [_examples(*each) for each in measured[1:]],
            "all_precision": precision[0],
            "num_preds": draws.rows,
            "success": found.sure,
            "names": lines,
            "prediction": [label],
            "tolerance": same.tolerance,
            "instance": row,
            "instances": rows[:1],
        },
    }
    params = {**given._asdict(), "seed": context.seed, "disc_perc": PERCENTILES, "coverage_samples": len(context.data)}
    picture = _picture(lines, precision, coverage, shown(label))
    return Explanation(name=NAME, data=data, picture=picture, params=params)


def _prefixes(rule: Rule) -> list[Rule]:
    """Nothing, the first feature's conditions, those of the first two, and so on."""
    features = list(by_feature(rule))
    kept = [set(features[:count]) for count in range(len(features) + 1)]
    return [tuple(each for each in rule if each.feature in some) for some in kept]


def _examples(drawn: Array, kept: Array) -> dict[str, Any]:
    """Rows in which the rule holds: those that keep the prediction, and those that do not."""
    return {
        "covered_true": drawn[kept][:EXAMPLES],
        "covered_false": drawn[~kept][:EXAMPLES],
        "uncovered_true": [],
        "uncovered_false": [],
    }


def _picture(lines: list[str], precision: list[float], coverage: list[float], label: str) -> Picture:
    bars = [Bar("anything", precision[0])]
    bars += [
        Bar(
            ("IF " if not index else "AND ") + line,
            precision[index + 1],
            f"({100 * coverage[index + 1]:.3g} %)",
        )
        for index, line in enumerate(lines)
    ]
    note = f"THEN the prediction stays {label}, in {100 * precision[-1]:.4g} % of the cases"
    said = "In brackets: of how many rows of the reference data this and what is above it are true"
    return Picture("Anchor: how often the prediction stays, condition by condition", [note, said], bars)
