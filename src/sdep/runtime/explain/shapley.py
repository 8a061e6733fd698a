"""Shapley values, however they were found, in v1's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.explain.explanation import Bar, Explanation, Picture, shown

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]


class Shapley(NamedTuple):
    """`values` (rows, features, outputs) sum over features to `predicted` (rows, outputs) minus `base` (outputs)."""

    values: Array
    base: Array
    predicted: Array
    link: str = "identity"
    """What has to be done to `predicted` for what the model answers: `identity`, or `logit` where it is a log of odds."""


def shapley_explanation(name: str, kind: str, rows: Array, context: Context, found: Shapley) -> Explanation:
    names = context.feature_names(rows.shape[1])
    outputs = range(found.values.shape[2])
    data: dict[str, Any] = {
        "shap_values": [found.values[:, :, output] for output in outputs],
        "expected_value": found.base,
        "categorical_names": {},
        "feature_names": names,
        "link": found.link,
        "raw": {
            "raw_prediction": found.predicted.squeeze(axis=1) if len(outputs) == 1 else found.predicted,
            "prediction": found.predicted.argmax(axis=1) if len(outputs) > 1 else found.predicted[:, 0],
            "instances": rows,
            "importances": _importances(found.values, names),
        },
    }
    if context.labels:
        data["class_names"] = context.labels
    task = "classification" if len(outputs) > 1 else "regression"
    params = {"link": found.link, "task": task, "seed": context.seed}
    picture = _picture(name, names, rows[0], found)
    return Explanation(
        name=name, kind=kind, data=data, picture=picture, params=params, explanations=("local", "global")
    )


def _importances(values: Array, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Mean size of each feature's values, by output and over all of them, the greatest first."""
    sizes = np.abs(values).mean(axis=0)
    found = {str(output): _ranked(sizes[:, output], names) for output in range(sizes.shape[1])}
    return {**found, "aggregated": _ranked(sizes.sum(axis=1), names)}


def _ranked(effects: Array, names: tuple[str, ...]) -> Mapping[str, Any]:
    order = np.argsort(-effects, kind="stable")
    return {"ranked_effect": effects[order], "names": [names[each] for each in order]}


def _picture(name: str, names: tuple[str, ...], row: Array, found: Shapley) -> Picture:
    """Of the first row, for the output that is predicted."""
    output = int(found.predicted[0].argmax())
    values = found.values[0, :, output]
    bars = [Bar(names[each], float(values[each]), f"= {shown(row[each])}") for each in np.argsort(-np.abs(values))]
    scale = " (log of odds)" if found.link == "logit" else ""
    which = f", class {output}" if found.values.shape[2] > 1 else ""
    base, predicted = float(found.base[output]), float(found.predicted[0, output])
    note = f"base {shown(base)} + contributions = {shown(predicted)}{scale}{which}"
    return Picture(f"{name}: what each feature adds to the prediction", [note], bars)
