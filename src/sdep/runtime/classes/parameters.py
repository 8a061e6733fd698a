"""A unit's parameters as v1 tells its container of them."""

from __future__ import annotations

import json
from typing import Any

from sdep.contract import ServedParameter
from sdep.errors import InvalidError

PARAMETERS = "PREDICTIVE_UNIT_PARAMETERS"


def read_parameters(text: str) -> tuple[ServedParameter, ...]:
    """From a JSON list; values that are no text are taken as if they were."""
    try:
        return tuple(ServedParameter.model_validate(_words(each)) for each in json.loads(text))
    except (AttributeError, TypeError, ValueError) as error:
        message = f"the parameters must be a JSON list of objects with name, value and type: {error}"
        raise InvalidError("InvalidParameters", message) from error


def _words(parameter: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in parameter.items()}
