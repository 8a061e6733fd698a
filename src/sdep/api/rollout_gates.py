"""Gates of a rollout: services that are asked before it goes on."""

from __future__ import annotations

from typing import Literal

from sdep.api.base import KubeModel
from sdep.api.duration import Duration

When = Literal["BeforeStart", "BeforeStep", "BeforePromotion", "OnRollBack"]


class Gate(KubeModel):
    """Open when `url` answers a POST with 2xx within `timeout`; else it holds the rollout, and is asked again each `interval`.

    `BeforeStart` is before the first step alone, `BeforeStep` before each. `OnRollBack` is told that the canary was turned back,
    and holds nothing.
    """

    name: str
    url: str
    when: When
    timeout: Duration = "10s"
