"""What a reconcile works with, made once at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sdep.cluster.client import Cluster
from sdep.operator.comparisons import Comparisons
from sdep.operator.drifts import Drifts
from sdep.operator.events import Events
from sdep.operator.examples import Examples
from sdep.operator.experiments import Experiments
from sdep.operator.lineage.lineage import Lineage
from sdep.operator.notices import Notices
from sdep.operator.questions import Questions
from sdep.operator.rollouts import Rollouts
from sdep.operator.served import Served
from sdep.operator.store import Store
from sdep.settings import OperatorSettings


def utc_now() -> str:
    """RFC 3339, as Kubernetes writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Context:
    settings: OperatorSettings
    cluster: Cluster
    store: Store
    questions: Questions
    events: Events
    rollouts: Rollouts
    comparisons: Comparisons
    drifts: Drifts
    experiments: Experiments
    examples: Examples
    notices: Notices
    lineage: Lineage
    served: Served
    now: Callable[[], str] = utc_now
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no SeldonDeployment waits that a user made or changed: then there is time to report."""
