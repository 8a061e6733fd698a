"""Counterfactuals: the row that is nearest to this one, and that the model answers differently.

The search begins at rows of the reference data with another answer, as in NICE (Brughmans, Leyman and Martens 2023): what is found is
always answered differently, and made of values that occur. Then each feature goes back to the row's own value where the answer stays
another, and what is left of numbers goes back as far as it can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.explanation import Bar, Explanation, Picture, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.data import Data

Array = np.ndarray[Any, Any]

NAME = "Counterfactuals"
STARTS = 20
HALVINGS = 12
"""Of the way back of a number: to a four-thousandth of it."""


def check(context: Context) -> None:
    context.sameness()
    context.config.whole("starts", STARTS)


def explain(rows: Array, context: Context) -> Explanation:
    """Of the first row. `success` is False where no row of the reference data is answered differently."""
    row, data = rows[0], context.data
    raw, same = context.answers(rows[:1]), context.sameness()
    label = same.labels(raw)[0]
    found = _nearest(row, data, lambda some: ~same.same(context.answers(some), label), context)
    empty: list[Any] = []
    said: dict[str, Any] = {
        "cf": None,
        "all": empty,
        "orig_class": label,
        "orig_proba": raw,
        "success": len(found) > 0,
        "feature_names": data.names,
        "distance_fn": "l1 of numbers over their mean absolute deviation, 1 for each other category",
        "instance": row,
    }
    picture = Picture(f"Counterfactual: nothing in the reference data is answered otherwise than {shown(label)}")
    if len(found):
        answers, distances = context.answers(found), _distances(found, row, data)
        labels = same.labels(answers)
        every = [
            {
                "X": found[each],
                "class": labels[each],
                "proba": answers[each],
                "distance": distances[each],
                "changes": _changes(found[each], row, data),
            }
            for each in np.argsort(distances, kind="stable")
        ]
        said |= {"cf": every[0], "all": every}
        picture = _picture(every[0], row, data, label)
    params = {"tolerance": same.tolerance, "starts": context.config.whole("starts", STARTS), "seed": context.seed}
    return Explanation(name=NAME, data=said, picture=picture, params=params)


def _nearest(row: Array, data: Data, differs: Callable[[Array], Array], context: Context) -> Array:
    rows, _ = context.looked_at
    others = rows[differs(rows)]
    if data.width != len(row):
        raise NotExplainableError(f"the row has {len(row)} values, and the reference data {data.width} columns")
    order = np.argsort(_distances(others, row, data), kind="stable")[: context.config.whole("starts", STARTS)]
    found = others[order].copy()
    return _shortened(_sparse(found, row, data, differs), row, data, differs) if len(found) else found


def _sparse(found: Array, row: Array, data: Data, differs: Callable[[Array], Array]) -> Array:
    """Take back, of every candidate at once, one feature after the other: the one that gains most of what can go."""
    width = data.width
    for _ in range(width):
        back = np.repeat(found[:, None], width, axis=1)
        for feature in range(width):
            back[:, feature, feature] = row[feature]
        gains = _apart(found, row, data)
        kept = differs(back.reshape(-1, width)).reshape(len(found), width) & (gains > 0)
        if not kept.any():
            break
        best = np.where(kept, gains, -1).argmax(axis=1)
        moves = kept.any(axis=1)
        found[moves, best[moves]] = row[best[moves]]
    return found


def _shortened(found: Array, row: Array, data: Data, differs: Callable[[Array], Array]) -> Array:
    """Each number as near to the row's own as the other answer allows, by halving the way."""
    for feature in np.flatnonzero(data.numeric):
        far = found[:, feature].astype(float)
        near = np.full(len(found), float(row[feature]))
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            middle = np.round(middle) if data.whole[feature] else middle
            tried = found.copy()
            tried[:, feature] = middle
            holds = differs(tried)
            far, near = np.where(holds, middle, far), np.where(holds, near, middle)
        found[:, feature] = far
    return found


def _distances(rows: Array, row: Array, data: Data) -> Array:
    return np.asarray(_apart(rows, row, data).sum(axis=1))


def _apart(rows: Array, row: Array, data: Data) -> Array:
    """By row and feature."""
    found = np.zeros(rows.shape)
    for feature, numbers in enumerate(data.numeric):
        if numbers:
            values = data.column(feature)
            spread = np.median(np.abs(values - np.median(values))) or values.std() or 1.0
            found[:, feature] = np.abs(rows[:, feature].astype(float) - float(row[feature])) / spread
        else:
            found[:, feature] = rows[:, feature] != row[feature]
    return found


def _changes(found: Array, row: Array, data: Data) -> dict[str, Any]:
    return {
        name: {"from": row[feature], "to": found[feature]}
        for feature, name in enumerate(data.names)
        if found[feature] != row[feature]
    }


def _picture(best: dict[str, Any], row: Array, data: Data, label: object) -> Picture:
    found = best["X"]
    apart = _apart(found[None], row, data)[0]
    bars = []
    for feature, name in enumerate(data.names):
        if apart[feature]:
            sign = -1 if data.numeric[feature] and found[feature] < row[feature] else 1
            bars.append(Bar(name, sign * float(apart[feature]), f"{shown(row[feature])} → {shown(found[feature])}"))
    note = f"with these values the model answers {shown(best['class'])} and not {shown(label)}"
    return Picture("Counterfactual: the nearest row that is answered otherwise", [note], bars)
