"""The shadows of one SeldonDeployment beside who answers its clients, as its status tells it to people."""

from __future__ import annotations

from pydantic import ValidationError

from sdep.api.comparison import ComparisonFound
from sdep.diagnosis.gathered import Body
from sdep.errors import InvalidError

_EVIDENCE = {"deltas", "latency", "pods"}


def comparison_views(status: Body) -> list[ComparisonFound]:
    """Without their evidence. Raises InvalidError where they are not this operator's."""
    told = [
        {name: value for name, value in found.items() if name not in _EVIDENCE}
        for found in status.get("comparisons") or ()
    ]
    try:
        return [ComparisonFound.model_validate(found, by_alias=True, by_name=False) for found in told]
    except ValidationError as error:
        message = f"status.comparisons can not be read: {error.errors()[0]['msg']}"
        raise InvalidError("StatusUnreadable", message) from error
