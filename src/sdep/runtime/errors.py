"""What can go wrong while serving, each with the HTTP status and the v1 reason that the client reads."""

from __future__ import annotations

from sdep.errors import InvalidError


class ServingError(Exception):
    """A request that got no answer: the message is a sentence for the client, never a stack trace."""

    code = 500
    reason = "MICROSERVICE_INTERNAL_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadDataError(ServingError):
    """The request must change before another try can end otherwise; the message names the field."""

    code = 400
    reason = "MICROSERVICE_BAD_DATA"


class SchemaError(BadDataError):
    """Columns are missing, or too many: no other reading of the request would find them."""

    error_code = "INVALID_PARAMETER_VALUE"


class TooLargeError(BadDataError):
    code = 413


class CodingError(BadDataError):
    """The body is compressed in a way that nobody here reads."""

    code = 415


class HeadTooLargeError(BadDataError):
    code = 431


class NotFoundError(ServingError):
    code = 404
    reason = "NOT_FOUND"


class MethodNotAllowedError(ServingError):
    code = 405
    reason = "METHOD_NOT_ALLOWED"


class NotReadyError(ServingError):
    code = 503
    reason = "NOT_READY"


class BusyError(ServingError):
    """Refused so that others are answered in time: another try, later, may succeed."""

    code = 429
    reason = "TOO_MANY_REQUESTS"


class UnitError(ServingError):
    """A graph node failed; the message names it."""

    def __init__(self, unit: str, message: str) -> None:
        super().__init__(f"unit '{unit}': {message}")


class OverdueError(UnitError):
    """A node did not answer in the time that its annotation, or the client, gives it."""

    code = 504
    reason = "DEADLINE_EXCEEDED"


class RemoteError(UnitError):
    """A container said no, or said nothing: with its own status and reason where it gave them."""

    def __init__(self, unit: str, message: str, code: int = 500, reason: str = "", grpc_code: str = "") -> None:
        super().__init__(unit, message)
        self.code = code
        self.reason = reason or ServingError.reason
        self.grpc_code = grpc_code


class OffLoopError(Exception):
    """This one call would hold the event loop for long: it must be made again, in a thread."""


class LoadError(InvalidError):
    """The pod cannot serve what it was given: the process ends, and says why in one sentence."""

    def __init__(self, unit: str, message: str) -> None:
        super().__init__("ModelNotLoadable", f"unit '{unit}': {message}")
