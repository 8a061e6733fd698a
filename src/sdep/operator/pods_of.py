"""Which pods tell what a predictor did: those that its Service selects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sdep.api.predictor import Predictor
from sdep.layout.place import engine_of
from sdep.operator.evidence import Asked
from sdep.plan import Plan
from sdep.render import tls
from sdep.render.labels import APP
from sdep.render.names import predictor_service
from sdep.render.service import entry_ports


def asked_of(pods: Iterable[Mapping[str, Any]], plan: Plan, predictor: Predictor, side: str) -> Iterator[Asked]:
    service, encrypted = predictor_service(plan, predictor), bool(tls.secret(predictor))
    for pod in pods:
        if (pod["metadata"].get("labels") or {}).get(APP) == service:
            with_tls = encrypted and engine_of(plan.sdep, predictor) != "none"
            yield Asked(pod, side, entry_ports(plan, predictor)[0], with_tls)
