"""Rules about the built-in metrics of a rollout's analysis."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.problem import Problem
from sdep.api.rollout import RolloutSpec
from sdep.api.rules.walk import no_effect
from sdep.api.seldon_deployment import SeldonDeployment


def metrics(_: SeldonDeployment, spec: RolloutSpec, where: str) -> Iterator[Problem]:
    for number, metric in enumerate(spec.analysis.metrics):
        field = f"{where}.analysis.metrics[{number}]"
        if metric.distance and metric.name != "predictions":
            yield no_effect(f"{field}.distance", f"changes nothing of {metric.name}: it is for predictions")
        if metric.name == "predictions" and spec.analysis.source == "Prometheus":
            yield no_effect(
                field, "never has data, since Prometheus is not told what was predicted: the source Engine is"
            )
