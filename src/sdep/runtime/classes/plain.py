"""What a class answers as JSON: NumPy's and pandas' values in JSON's words, and always valid."""

from __future__ import annotations

from typing import Any

import orjson

from sdep.runtime.errors import ServingError
from sdep.runtime.seldon.jsonable import jsonable

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def written(said: object) -> bytes:
    try:
        return orjson.dumps(said, default=jsonable, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        raise ServingError(f"the answer of the class cannot be written as JSON: {error}") from error


def plain(said: object) -> Any:  # noqa: ANN401 - JSON is whatever it is
    return orjson.loads(written(said)) if said else said
