"""What a look at a rollout sees, beside what it was and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sdep.api.status import Collected, Finding, GateAnswer
from sdep.rollout.command import Command
from sdep.rollout.drifted import Drifted


@dataclass(frozen=True)
class Seen:
    """`answers`: the canary can be sent requests. `broken`: why it never will be, or no longer is. `findings` are of the current step.

    `replaced`: a stable predictor that follows runs what was promoted. `gates`: what those say that were asked for this look.
    `drifted`: a window of what the canary saw or answered that is not like its reference data.
    """

    answers: bool
    broken: str = ""
    broken_reason: str = "CanaryFailed"
    replaced: bool = False
    findings: Sequence[Finding] = ()
    collected: Collected = field(default_factory=Collected)
    command: Command | None = None
    gates: Sequence[GateAnswer] = ()
    drifted: Drifted | None = None
