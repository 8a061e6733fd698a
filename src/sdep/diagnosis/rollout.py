"""The rollout of one SeldonDeployment, as its status tells it to people."""

from __future__ import annotations

from pydantic import ValidationError

from sdep.api.status import Decided, RolloutPlace, RolloutStatus
from sdep.diagnosis.gathered import Body
from sdep.errors import InvalidError
from sdep.rollout.gates import FROZEN, GATE_CLOSED

ROLLOUT_COMPLETE = "RolloutComplete"
"""The condition that says in one line what the rollout says whole."""


class RolloutView(RolloutPlace):
    """The status of a rollout without its evidence; `decided` is the last decision."""

    decided: Decided | None = None

    @property
    def stopped(self) -> bool:
        """Whether it goes no further until somebody does something, or what holds it lets it."""
        return self.phase in {"Paused", "RolledBack"} or self._held

    @property
    def because(self) -> str:
        """The message; "" within a step, where it tells the place again, and where a finding tells it."""
        told = any(found.message and found.message in self.message for found in self.findings)
        within_step = self.phase == "Progressing" and self.step_started_at and not self._held
        return "" if told or within_step else self.message

    @property
    def _held(self) -> bool:
        return self.reason in {FROZEN, GATE_CLOSED}

    @property
    def place(self) -> str:
        """How far it is, `step 2 of 3, weight 25%`; "" for one that went all the way."""
        if self.phase == "Promoted":
            return ""
        step = f"step {min(self.step + 1, self.steps)} of {self.steps}"
        if self.phase == "RolledBack":
            return step
        return f"{step}, mirror {self.mirror}%" if self.mirror else f"{step}, weight {self.weight}%"


def rollout_view(status: Body) -> RolloutView | None:
    """None where there is no rollout. Raises InvalidError as `read_rollout` does."""
    found = read_rollout(status)
    if found is None:
        return None
    told = found.model_dump(exclude={"collected", "history"})
    return RolloutView(**told, decided=next(iter(found.history), None))


def read_rollout(status: Body) -> RolloutStatus | None:
    """What the status says, evidence aside. Raises InvalidError where it is not this operator's."""
    if not (found := status.get("rollout")):
        return None
    told = {name: value for name, value in found.items() if name != "collected"}
    try:
        return RolloutStatus.model_validate(told, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidError("StatusUnreadable", f"status.rollout can not be read: {error.errors()[0]['msg']}") from error
