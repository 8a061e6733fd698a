"""One step of the chain that `sdep explain` prints."""

from __future__ import annotations

from pydantic import Field

from sdep.api.base import KubeModel


class Link(KubeModel):
    """Which object, what it says, and the reason in the cluster's own word."""

    kind: str
    name: str
    says: str
    reason: str = ""
    log: list[str] = Field(default_factory=list)
