"""The evidence of a step, put together from what each pod told at each look."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sdep.api.status import Collected
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.odds import weighed
from sdep.rollout.analysis.rates import share

Side = Literal["stable", "canary"]


@dataclass(frozen=True)
class Told:
    """What one pod says that it has done since it began. `side` is whose pod it is; `started` is RFC 3339."""

    uid: str
    side: str
    started: str
    evidence: Evidence


def grown(
    sums: Mapping[str, Evidence],
    pods: Mapping[str, Evidence],
    since: str,
    told: Iterable[Told],
    present: Collection[str],
) -> tuple[dict[str, Evidence], dict[str, Evidence]]:
    """The evidence of each side since a moment, and what each pod told last, with what came since the last look.

    What a pod did before `since` is not counted: the first telling of one that is older is where its count begins. What a pod
    did between its last telling and its end is lost. Where another source tells of it than before, its count goes on from there.
    `present` are the uids of all pods that there are.
    """
    new, last = dict(sums), dict[str, Evidence]()
    for pod in told:
        known = pods.get(pod.uid)
        came = None
        if known and known.bucketed == pod.evidence.bucketed:
            came = pod.evidence.since(known)
        elif known is None and pod.started >= since:
            came = pod.evidence
        if came:
            new[pod.side] = new.get(pod.side, Evidence()).plus(came)
        last[pod.uid] = pod.evidence
    # A pod that is there and did not answer this time is remembered: what it did meanwhile counts the next time.
    return new, {**{uid: evidence for uid, evidence in pods.items() if uid in present}, **last}


def gathered(before: Collected, told: Iterable[Told], present: Collection[str], now: str) -> Collected:
    """The evidence of both sides of a rollout since `before.since`."""
    sums, pods = grown({"stable": before.stable, "canary": before.canary}, before.pods, before.since, told, present)
    stable, canary = sums["stable"], sums["canary"]
    new = stable.since(before.stable), canary.since(before.canary)
    odds = {
        "errors": weighed(before.odds.get("errors", ()), *(share(told.errors, told) for told in new)),
        "refusals": weighed(before.odds.get("refusals", ()), *(share(told.refusals, told) for told in new)),
    }
    return Collected(since=before.since, at=now, pods=pods, stable=stable, canary=canary, odds=odds)
