"""All that can be said of a manifest before anything is done with it: by the webhook, the reconciler and the command line alike."""

from __future__ import annotations

from sdep.api.problem import Problem
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.validation import problems
from sdep.registry.hold import hold_problems
from sdep.render.ingress import shortcomings
from sdep.rollout.command import command_problems
from sdep.settings import OperatorSettings


def judge(sdep: SeldonDeployment, settings: OperatorSettings) -> tuple[Problem, ...]:
    """Every problem of a SeldonDeployment with defaults filled in, errors first."""
    found = (*problems(sdep, settings), *hold_problems(sdep), *command_problems(sdep), *shortcomings(sdep, settings))
    return tuple(sorted(found, key=lambda problem: problem.severity != "error"))
