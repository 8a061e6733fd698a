"""What there is to say of a SeldonDeployment now. Pods that come and go, and shares of traffic, are no part of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Origin, Pin, RolloutStatus, Status

Phase = Literal["Creating", "InService", "Updating", "RollingBack", "Failed", "Gone"]
Role = Literal["live", "canary", "shadow"]


@dataclass(frozen=True)
class Served:
    """A unit's model. `since` tells one time that it is served from the next."""

    predictor: str
    unit: str
    role: Role
    uri: str
    name: str
    version: str
    artifact_uri: str
    run_id: str
    since: str
    origin: Origin

    @property
    def label(self) -> str:
        """Of a registered model `price/3`, else its URI. A registered model has no `/` in its name."""
        return f"{self.name}/{self.version}" if self.version else self.uri


@dataclass(frozen=True)
class Statement:
    """`outcome` is how the last rollout ended: `Promoted`, or `RolledBack: AnalysisFailed`; "" where none has ended."""

    namespace: str
    name: str
    uid: str
    url: str
    phase: Phase
    outcome: str
    models: tuple[Served, ...]

    @property
    def digest(self) -> str:
        """Two statements say the same where these are equal."""
        return _digest({**asdict(self), "models": [_dumped(model) for model in self.models]})

    @property
    def by_predictor(self) -> dict[str, tuple[Served, ...]]:
        names = dict.fromkeys(model.predictor for model in self.models)
        return {name: tuple(model for model in self.models if model.predictor == name) for name in names}

    @property
    def registered(self) -> list[str]:
        """The labels of models that the registry has versions of, each once."""
        return sorted({model.label for model in self.models if model.version})


def gone(namespace: str, name: str, uid: str) -> Statement:
    """What is said of one that is deleted, by whoever remembers no more of it."""
    return Statement(namespace, name, uid, url="", phase="Gone", outcome="", models=())


def stated(sdep: SeldonDeployment, status: Status) -> Statement:
    namespace, name = sdep.key
    return Statement(
        namespace=namespace,
        name=name,
        uid=sdep.metadata.uid,
        url=status.address.url if status.address else "",
        phase=_phase(status),
        outcome=_outcome(status.rollout),
        models=tuple(_served(pin, status) for pin in status.models if not _turned_back(pin, status.rollout)),
    )


def _phase(status: Status) -> Phase:
    rollout = status.rollout.phase if status.rollout else ""
    if status.state == "Failed":
        return "Failed"
    if status.state == "Creating":
        return "RollingBack" if rollout == "RolledBack" else "Creating"
    return "Updating" if rollout in {"Progressing", "Paused"} else "InService"


def _outcome(rollout: RolloutStatus | None) -> str:
    if rollout is None or rollout.phase in {"Progressing", "Paused"}:
        return ""
    return f"RolledBack: {rollout.reason}" if rollout.phase == "RolledBack" else rollout.phase


def _turned_back(pin: Pin, rollout: RolloutStatus | None) -> bool:
    """A canary that the manifest names stays when it was turned back, and serves nobody."""
    return rollout is not None and rollout.phase == "RolledBack" and rollout.canary == pin.predictor


def _served(pin: Pin, status: Status) -> Served:
    shadows = {predictor.name for predictor in status.predictors if predictor.shadow}
    rollout = status.rollout
    tried = rollout is not None and rollout.canary == pin.predictor
    on_trial = tried and rollout is not None and rollout.phase != "Promoted"
    role: Role = "shadow" if pin.predictor in shadows else "canary" if on_trial else "live"
    return Served(
        predictor=pin.predictor,
        unit=pin.unit,
        role=role,
        uri=pin.uri,
        name=pin.name,
        version=pin.version,
        artifact_uri=pin.artifact_uri,
        run_id=pin.run_id,
        since=rollout.started_at if tried and rollout is not None else pin.resolved_at,
        origin=pin.origin or Origin(),
    )


def _dumped(model: Served) -> dict[str, object]:
    return {**asdict(replace(model, origin=Origin())), "origin": model.origin.model_dump(mode="json")}


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
