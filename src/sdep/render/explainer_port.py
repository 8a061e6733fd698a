"""Where an explainer listens."""

from __future__ import annotations

from sdep.api.explainer import Explainer
from sdep.contract import EXPLAINER_PORT
from sdep.layout.ports import named_port


def port(explainer: Explainer) -> int:
    """The container's port named http, else the endpoint's, else 9000. v1's Service knew only the last two."""
    named = named_port(explainer.container, "http")
    return named or (explainer.endpoint and explainer.endpoint.service_port) or EXPLAINER_PORT
