"""The evidence of a step, put together from what each pod told at each look."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from sdep.api.status import Collected
from sdep.evidence.evidence import Evidence

Side = Literal["stable", "canary"]


@dataclass(frozen=True)
class Told:
    """What one pod says that it has done since it began. `started` is RFC 3339."""

    uid: str
    side: Side
    started: str
    evidence: Evidence


def gathered(before: Collected, told: Iterable[Told], present: Collection[str], now: str) -> Collected:
    """The evidence since `before.since`, with what came since the last look.

    What a pod did before the step is not counted: the first telling of one that is older is where its count begins. What a pod
    did between its last telling and its end is lost. Where another source tells of it than before, its count goes on from there.
    `present` are the uids of all pods that there are.
    """
    sums: dict[Side, Evidence] = {"stable": before.stable, "canary": before.canary}
    last: dict[str, Evidence] = {}
    for pod in told:
        known = before.pods.get(pod.uid)
        if known and known.bucketed == pod.evidence.bucketed:
            sums[pod.side] = sums[pod.side].plus(pod.evidence.since(known))
        elif known is None and pod.started >= before.since:
            sums[pod.side] = sums[pod.side].plus(pod.evidence)
        last[pod.uid] = pod.evidence
    # A pod that is there and did not answer this time is remembered: what it did meanwhile counts the next time.
    kept = {uid: evidence for uid, evidence in before.pods.items() if uid in present}
    return Collected(since=before.since, at=now, pods={**kept, **last}, **sums)
