"""Serves one MLflow model over a socket, by the packages of its own environment: `python worker FD MODEL METHOD`.

Runs in any Python from 3.8 on and imports nothing of ours but `wire`, which stands beside it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from typing import Any

from wire import receive, send  # type: ignore[import-not-found]  # it stands beside this file, where the model's Python looks


def main(descriptor: int, model: str, method: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the runtime drains first; its end of the socket ends us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=descriptor)
    try:
        predict = _load(model, method)
    except BaseException as error:  # noqa: BLE001 - the runtime says it
        send(connection, {"failed": _said(error)})
        return
    send(connection, {"ready": "%d.%d.%d" % sys.version_info[:3]})
    while True:
        try:
            asked = receive(connection)
        except (EOFError, OSError):
            return
        try:
            answer = {"result": predict(asked["input"], asked["params"])}
        except Exception as error:  # noqa: BLE001 - one call's failure is that call's
            traceback.print_exc()
            answer = {"error": _said(error), "code": str(getattr(error, "error_code", ""))}
        send(connection, answer)


def _load(model: str, method: str) -> Any:
    os.environ.setdefault("MLFLOW_TRACKING_URI", "file:///tmp/mlruns")  # loading asks no server
    import mlflow.pyfunc

    loaded = mlflow.pyfunc.load_model(model)
    if method not in ("", "predict"):
        bound = _method(loaded._model_impl, method)
        return lambda given, _: bound(given)
    return lambda given, params: loaded.predict(given, params=params) if params else loaded.predict(given)


def _method(inner: Any, method: str) -> Any:
    """Of the estimator below MLflow's wrapper, whatever it calls it; predict where there is no such method."""
    below = [inner, *(value for name, value in vars(inner).items() if name.endswith("model"))]
    return next((getattr(held, method) for held in below if hasattr(held, method)), inner.predict)


def _said(error: BaseException) -> str:
    return "%s: %s" % (type(error).__name__, error)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
