"""What a client of MLflow's scoring protocol sent, before anyone has changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Payload
from sdep.runtime.servers.table_json import FORMATS, rows_of_json, values_in

if TYPE_CHECKING:
    from collections.abc import Mapping

CONVERSATIONS = frozenset({"messages", "prompt", "input"})
"""Fields that say that the whole body is for a language model, whose answer comes without the field predictions."""


class Invocation(NamedTuple):
    """The decoded JSON of a request; `csv` has the text of one that was a table instead."""

    body: Mapping[str, Any]
    csv: str | None = None

    @property
    def params(self) -> Mapping[str, Any]:
        """Settings of this prediction; whatever else is sent in their place counts only where a model has params."""
        params = self.body.get("params")
        return params if isinstance(params, dict) else {}

    @property
    def is_conversation(self) -> bool:
        return not CONVERSATIONS.isdisjoint(self.body)

    @property
    def size(self) -> int:
        """About as many values as there are in it."""
        return values_in(self.body) if self.csv is None else len(self.csv)

    def table(self) -> Payload:
        """Rows with their names, still of the kind `invocation`; the value stays decoded JSON where it is no table."""
        if self.csv is not None:
            return _csv(self.csv)
        if self.is_conversation:
            return Payload(self.body, "invocation")
        field = self.format()
        table = rows_of_json(Payload({field: self.body[field]}, "invocation"))
        if field.startswith("dataframe") and isinstance(table.value, np.ndarray):
            table = table._replace(value=np.asfortranarray(table.value))  # as a DataFrame's: sums then round alike
        return table._replace(params=self.params)

    def payload(self) -> Payload:
        """The same for a unit that is no model of MLflow's: a container, or one that is built in."""
        table = self.table()
        return Payload(None, "ndarray", params=self.params).answered(table.value)._replace(names=table.names)

    def format(self) -> str:
        """The one field that holds the rows."""
        given = [name for name in FORMATS if name in self.body]
        if len(given) != 1:
            raise BadDataError(
                f"the request must hold exactly one of {', '.join(FORMATS)}, and has the fields {list(self.body)}"
            )
        return given[0]


def _csv(text: str) -> Payload:
    import io  # noqa: PLC0415 - with pandas, for the few who send CSV

    import pandas as pd  # noqa: PLC0415

    try:
        frame = pd.read_csv(io.StringIO(text))
    except ValueError as error:
        raise BadDataError(f"the request body is no CSV: {error}") from error
    return Payload(frame.to_numpy(), "invocation", tuple(map(str, frame.columns)))
