"""Routers and combiners that are asked by inference, the one question of the Open Inference Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sdep.runtime.openinference.tensor import Inference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.contract import ServedUnit


def together(children: Sequence[ServedUnit], answers: Sequence[Inference]) -> Inference:
    """All answers as one request. A tensor is called `<child>.<name>`, since every child may call its own the same.

    The answer of the one child that a router chose keeps its names: there is nothing to tell it apart from.
    """
    if len(answers) != len(children) or len(answers) == 1:
        return answers[0]
    tensors = [
        tensor._replace(name=f"{child.name}.{tensor.name}")
        for child, answer in zip(children, answers, strict=True)
        for tensor in answer.tensors
    ]
    return Inference(tuple(tensors), id=answers[0].id)


def branch_in(answer: Inference) -> int | None:
    """The first value of the first tensor; None where that is no whole number."""
    values = answer.tensors[0].array.ravel()
    if not values.size or values.dtype.kind not in "iuf" or not np.isfinite(values[0]) or values[0] != int(values[0]):
        return None
    return int(values[0])
