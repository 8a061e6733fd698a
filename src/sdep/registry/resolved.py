"""What a look-up answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from sdep.api.status import Origin


@dataclass(frozen=True)
class ResolvedModel:
    """A model that can be fetched: `artifact_uri` is the folder that holds its `MLmodel` file. Unknown parts are ""."""

    artifact_uri: str
    name: str = ""
    version: str = ""
    run_id: str = ""
    model_id: str = ""
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True)
class Connection:
    """How to reach a tracking server. `token` wins over user and password, as in MLflow's own client."""

    tracking_uri: str
    username: str = ""
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:  # a connection is logged; its secrets are not
        return f"Connection({self.tracking_uri})"
