"""HTTP's and gRPC's words for how a call ended."""

from __future__ import annotations

OK, CANCELLED, OVERDUE = 200, 499, 504

_NAMES = {
    OK: "OK",
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    413: "RESOURCE_EXHAUSTED",
    429: "RESOURCE_EXHAUSTED",
    CANCELLED: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    OVERDUE: "DEADLINE_EXCEEDED",
}
_CODES = {
    **{name: code for code, name in reversed(_NAMES.items())},
    "ALREADY_EXISTS": 409,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
}


def grpc_name(code: int) -> str:
    return _NAMES.get(code, "UNKNOWN")


def http_code(name: str) -> int:
    """500 for UNKNOWN, which is what an exception in v1's wrapper becomes, and for whatever else has no better word."""
    return _CODES.get(name, 500)


def label(code: int) -> str:
    """As v1's metrics write it: InvalidArgument."""
    name = grpc_name(code)
    return name if name == "OK" else name.title().replace("_", "")
