"""Which pods are asked of a predictor, and where: those of its entry, with the port of its engine."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.predictor import Predictor
from sdep.layout.place import engine_of
from sdep.operator.evidence import Asked
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan
from sdep.render import tls
from sdep.render.labels import APP
from sdep.render.names import predictor_service
from sdep.render.service import entry_ports
from sdep.rollout.collect import Side


def engines(store: Store, name: ObjectName, plan: Plan, predictor: Predictor, side: Side = "stable") -> Iterator[Asked]:
    service, encrypted = predictor_service(plan, predictor), bool(tls.secret(predictor))
    for pod in store.pods(name):
        if (pod["metadata"].get("labels") or {}).get(APP) == service:
            with_tls = encrypted and engine_of(plan.sdep, predictor) != "none"
            yield Asked(pod, side, entry_ports(plan, predictor)[0], with_tls)
