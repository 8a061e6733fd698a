"""Who leads: what a replica does about the lease that all replicas share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

Body = Mapping[str, Any]


class Step(Enum):
    CREATE = "nobody has ever led: create the lease"
    TAKE = "nobody leads: put our name in"
    RENEW = "we lead: say so again"
    WAIT = "somebody else leads"


@dataclass(frozen=True)
class Sighting:
    """A version of the lease, and when our own clock first saw it: the clocks of two replicas are never compared."""

    version: str
    since: float


def sighting(lease: Body | None, before: Sighting | None, now: float) -> Sighting | None:
    """What is remembered of the lease from one look to the next."""
    if lease is None:
        return None
    version = str(lease["metadata"]["resourceVersion"])
    return before if before and before.version == version else Sighting(version, now)


def next_step(lease: Body | None, seen: Sighting | None, now: float, me: str) -> Step:
    """A lease may be taken when it names nobody, or when it stood still for as long as it says that it lasts."""
    if lease is None:
        return Step.CREATE
    spec = lease.get("spec") or {}
    holder = spec.get("holderIdentity") or ""
    if holder == me:
        return Step.RENEW
    stood_still = seen is not None and now - seen.since > float(spec.get("leaseDurationSeconds") or 0)
    return Step.TAKE if not holder or stood_still else Step.WAIT


def unrenewed_seconds(lease: Body | None, now: datetime) -> float:
    """How long ago a leader that did not give the lease back last renewed it, by its own clock; 0 where it did."""
    spec = (lease or {}).get("spec") or {}
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return 0.0
    return max((now - datetime.fromisoformat(spec["renewTime"])).total_seconds(), 0.0)


ADDRESS_ANNOTATION = "sdep.io/leader-address"


def held(lease: Body, me: str, seconds: int, at: str, address: str = "") -> dict[str, Any]:
    """The lease as we hold it from `at` on, an RFC 3339 time with microseconds. `address` is where we take in what others hand on."""
    spec = dict(lease.get("spec") or {})
    if spec.get("holderIdentity") != me:
        changes = int(spec.get("leaseTransitions") or 0) + (1 if spec.get("acquireTime") else 0)
        spec |= {"holderIdentity": me, "acquireTime": at, "leaseTransitions": changes}
    others = {name: value for name, value in _annotations(lease).items() if name != ADDRESS_ANNOTATION}
    metadata = {**lease["metadata"], "annotations": {**others, **({ADDRESS_ANNOTATION: address} if address else {})}}
    return {**lease, "metadata": metadata, "spec": {**spec, "leaseDurationSeconds": seconds, "renewTime": at}}


def leader_address(lease: Body | None) -> str:
    """Where the holder is reached, as `host:port`; "" where nobody holds the lease, or its holder does not say."""
    if lease is None or not (lease.get("spec") or {}).get("holderIdentity"):
        return ""
    return str(_annotations(lease).get(ADDRESS_ANNOTATION, ""))


def released(lease: Body, at: str) -> dict[str, Any]:
    """The lease with nobody's name in it, so that the next one need not wait."""
    spec = {**(lease.get("spec") or {}), "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": at}
    return {**lease, "spec": spec}


def _annotations(lease: Body) -> Mapping[str, str]:
    return lease["metadata"].get("annotations") or {}


def new(namespace: str, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {},
    }
