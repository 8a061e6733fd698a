"""Who is told how far a rollout has got."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sdep.api.base import KubeModel

Phase = Literal["Progressing", "Paused", "Promoted", "RolledBack"]

_WORTH_A_MESSAGE: tuple[Phase, ...] = ("Paused", "Promoted", "RolledBack")


class SecretKey(KubeModel):
    """One entry of a secret in the SeldonDeployment's namespace."""

    name: str
    key: str


class AddressSource(KubeModel):
    secret_key_ref: SecretKey


class Notify(KubeModel):
    """`url`, or `urlFrom` where the address is a secret, gets a POST when the rollout gets further, in one of `phases`.

    `Json` is the rollout as the status has it; `Slack` is what Slack's incoming webhooks take, and those of others that speak like them.
    """

    url: str | None = None
    url_from: AddressSource | None = None
    form: Literal["Json", "Slack"] = "Json"
    phases: list[Phase] = Field(default_factory=lambda: list(_WORTH_A_MESSAGE))
