"""The experiment of one SeldonDeployment, as its status tells it to people."""

from __future__ import annotations

from pydantic import ValidationError

from sdep.api.experiment_status import ExperimentPlace
from sdep.diagnosis.gathered import Body
from sdep.errors import InvalidError

EXPERIMENT_DECIDED = "ExperimentDecided"
"""The condition that says in one line what the experiment says whole."""


def experiment_view(status: Body) -> ExperimentPlace | None:
    """Without its evidence; None where there is no experiment. Raises InvalidError where it is not this operator's."""
    if not (found := status.get("experiment")):
        return None
    told = {name: value for name, value in found.items() if name != "collected"}
    try:
        return ExperimentPlace.model_validate(told, by_alias=True, by_name=False)
    except ValidationError as error:
        message = f"status.experiment can not be read: {error.errors()[0]['msg']}"
        raise InvalidError("StatusUnreadable", message) from error
