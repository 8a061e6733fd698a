"""v1's `model_error_handler`: a blueprint of Flask's, whose handlers write the answer to what the class raises."""

from __future__ import annotations

import importlib
from typing import Any

from sdep.runtime.errors import ServingError
from sdep.runtime.http.response import Response, failure
from sdep.runtime.log import event


class HandledError(ServingError):
    """What a handler made of an error; over gRPC its code and the error's own sentence are what there is to say."""

    def __init__(self, message: str, body: bytes, code: int, content_type: str) -> None:
        super().__init__(message)
        self.code = code
        self.body = body
        self.content_type = content_type


def handled_failure(error: ServingError) -> Response:
    if isinstance(error, HandledError):
        return Response(error.body, error.code, error.content_type.encode("latin-1", "replace"))
    return failure(error)


class ErrorHandler:
    """Flask is not ours: a class that has a blueprint has brought it."""

    def __init__(self, blueprint: object) -> None:
        self._app: Any = importlib.import_module("flask").Flask("model")
        self._app.register_blueprint(blueprint)

    def handled(self, error: Exception) -> HandledError | None:
        """None where no handler is for this error, or where that fails itself."""
        with self._app.test_request_context():
            try:
                said = self._app.make_response(self._handle(error))
            except Exception as again:  # noqa: BLE001 - a user's code
                if again is not error:
                    event("model_error_handler failed", level="error", error=again)
                return None
        return HandledError(str(error), said.get_data(), said.status_code, said.content_type)

    def _handle(self, error: Exception) -> Any:  # noqa: ANN401 - what a view of Flask's may return
        """Flask raises what it has no handler for once more, which takes an error that is being handled."""
        try:
            raise error  # noqa: TRY301 - so that it is being handled
        except Exception:  # noqa: BLE001 - it is the one that was given
            return self._app.handle_user_exception(error)


def error_handler(user: object) -> ErrorHandler | None:
    blueprint = getattr(user, "model_error_handler", None)
    return None if blueprint is None else ErrorHandler(blueprint)
