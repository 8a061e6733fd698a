"""`seldon_core.flask_utils`: the error that a class raises to choose the status and the reason of its answer."""

from __future__ import annotations

from typing import Any


class SeldonMicroserviceException(Exception):  # noqa: N818 - v1's name
    status_code = 400

    def __init__(
        self,
        message: str,
        status_code: int | None = None,
        payload: object = None,
        reason: str = "MICROSERVICE_BAD_DATA",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.payload = payload
        self.reason = reason
        if status_code is not None:
            self.status_code = status_code

    def to_dict(self) -> dict[str, Any]:
        return {"status": {"status": 1, "info": self.message, "code": -1, "reason": self.reason}}
