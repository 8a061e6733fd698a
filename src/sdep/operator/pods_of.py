"""Which pods tell what a predictor did: those that its Service selects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sdep.api.predictor import Predictor
from sdep.operator.evidence import Asked
from sdep.plan import Plan
from sdep.render import labels, tls
from sdep.render.names import predictor_service
from sdep.render.service import entry_ports


def asked_of(pods: Iterable[Mapping[str, Any]], plan: Plan, predictor: Predictor, side: str) -> Iterator[Asked]:
    service, encrypted = predictor_service(plan, predictor), tls.encrypted(plan.sdep, predictor)
    for pod in pods:
        if labels.app(pod["metadata"]) == service:
            yield Asked(pod, side, entry_ports(plan, predictor)[0], encrypted)
