"""One look at a shadow: what was known of it, what pods tell now, what is known then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sdep.api.comparison import Comparison
from sdep.comparison.agreement import Allowed
from sdep.comparison.counts import with_pairs
from sdep.comparison.pairing import Telling, Waiting, paired
from sdep.comparison.says import said


@dataclass(frozen=True)
class Shadow:
    """`all_mirrored`: every request is copied to it, so that one that it has not is missed."""

    name: str
    revision: str
    allowed: Allowed = field(default_factory=Allowed)
    all_mirrored: bool = True


def begun(shadow: Shadow, now: str) -> Comparison:
    """Nothing is known of this revision."""
    return said(Comparison(shadow=shadow.name, revision=shadow.revision, since=now))


def compared(
    shadow: Shadow, before: Comparison, waiting: Waiting, told: Iterable[Telling], present: Collection[str], now: str
) -> tuple[Comparison, Waiting]:
    """The same object where nothing is new. `present` are the uids of all pods that there are."""
    found = paired(told, waiting, {uid: at for uid, at in before.pods.items() if uid in present}, before.since)
    if found.pods == before.pods and not (found.pairs or found.live_only or found.shadow_only):
        return before, found.waiting
    counted = with_pairs(before, found.pairs, shadow.allowed).model_copy(
        update={
            "at": now if found.pairs else before.at,
            "pods": dict(found.pods),
            "live_only": before.live_only + (found.live_only if shadow.all_mirrored else 0),
            "shadow_only": before.shadow_only + found.shadow_only,
        }
    )
    return said(counted), found.waiting
