"""Everything that is wrong with a manifest, or unwise in it."""

from __future__ import annotations

from sdep.api.problem import Problem
from sdep.api.rules import components, drift, effect, engine, experiment, explainer, graph, predictors, rollout
from sdep.api.rules_ingress import problems_of as route_problems
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.settings import DEFAULTS, OperatorSettings

__all__ = ["Problem", "problems"]


def problems(sdep: SeldonDeployment, settings: OperatorSettings = DEFAULTS) -> tuple[Problem, ...]:
    """Every rule that a SeldonDeployment with defaults filled in breaks, errors first."""
    rules = (
        *predictors.RULES,
        *graph.RULES,
        *components.RULES,
        *engine.RULES,
        *effect.RULES,
        *explainer.RULES,
        *rollout.RULES,
        *experiment.RULES,
        *drift.RULES,
    )
    found = [problem for rule in rules for problem in rule(sdep, settings)]
    return tuple(sorted([*found, *route_problems(sdep)], key=lambda problem: problem.severity != "error"))
