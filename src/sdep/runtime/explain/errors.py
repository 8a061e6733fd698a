"""What cannot be explained, and what would have to be there."""

from __future__ import annotations

from sdep.runtime.errors import BadDataError, ServingError


class NotExplainableError(ServingError):
    """The model or its data do not allow the method: the sentence says what is missing, and which method can do without."""

    code = 422
    reason = "NOT_EXPLAINABLE"


class NotAcceptableError(BadDataError):
    """The client asks for a kind of answer that nobody here makes."""

    code = 406
    reason = "NOT_ACCEPTABLE"
