"""What a SeldonDeployment says of models that ask for other packages than the runtime's image has."""

from __future__ import annotations

from typing import get_args

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.contract import EnvironmentPolicy

ENVIRONMENT = "sdep.io/environment"
POLICIES: tuple[EnvironmentPolicy, ...] = get_args(EnvironmentPolicy)


def environment_policy(sdep: SeldonDeployment, default: EnvironmentPolicy) -> EnvironmentPolicy:
    """`default` where nothing is said, or what is said cannot be read."""
    said = sdep.annotation(ENVIRONMENT)
    return next((policy for policy in POLICIES if policy == said), default)
