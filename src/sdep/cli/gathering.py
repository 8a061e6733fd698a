"""Read what belongs to SeldonDeployments: one list a kind, side by side."""

from __future__ import annotations

import asyncio

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.cli.session import Session
from sdep.contract import fitted
from sdep.diagnosis.gathered import GATHERED_KINDS, LABELLED, Gathered, gather


async def gather_all(session: Session, name: str | None, *, everywhere: bool = False) -> list[Gathered]:
    """One SeldonDeployment (or none, where there is no such one), or all of the namespace or of the cluster."""
    namespace = None if everywhere else session.namespace
    labels = f"{LABELLED}={fitted(name)}" if name else LABELLED
    fields = f"metadata.name={name}" if name else ""
    sdeps, *others = await asyncio.gather(
        session.cluster.objects(API_VERSION, KIND, namespace, fields=fields),
        *(session.cluster.objects(api, kind, namespace, labels=labels) for api, kind in GATHERED_KINDS),
    )
    kinds = [kind for _, kind in GATHERED_KINDS]
    return gather(sdeps, dict(zip(kinds, others, strict=True)))
