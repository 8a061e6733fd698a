"""An MLflow model in a process of its own environment, called as MLflow's own object is."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdep.runtime.environment.make import hold
from sdep.runtime.environment.worker.wire import receive, send
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORKER = Path(__file__).with_name("worker")
_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class WorkerError(Exception):
    """The model's own failure. `error_code` is MLflow's word where it refused the input."""

    def __init__(self, message: str, error_code: str = "") -> None:
        super().__init__(message)
        self.error_code = error_code


class WorkerPyfunc:
    """One call at a time: the model's process has one interpreter. A process that died is started again by the next call."""

    def __init__(self, python: Path, directory: Path, method: str = "predict") -> None:
        self._held = hold(python)
        self._command = [str(python), "-s", str(_WORKER)]
        self._told = [str(directory), method]
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        with self._lock:
            self._start()

    @cached_property
    def metadata(self) -> Any:  # noqa: ANN401 - MLflow is untyped
        """What the model's file says, as MLflow's own object has it."""
        return import_module("mlflow.models").Model.load(self._told[0])

    def predict(self, given: object, params: Mapping[str, object] | None = None) -> object:
        with self._lock:
            connection = self._connection or self._start()
            try:
                send(connection, {"input": given, "params": dict(params) if params else None})
                told: dict[str, Any] = receive(connection)
            except (EOFError, OSError) as error:
                code = self._end()
                raise WorkerError(f"the model's process ended (exit code {code}); it is started again") from error
        if "error" in told:
            raise WorkerError(told["error"], told["code"])
        return told["result"]

    def close(self) -> None:
        with self._lock:
            self._end()
            if self._held is not None:
                self._held.close()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if name not in _OURS}
        with theirs:
            descriptor = theirs.fileno()
            command = [*self._command, str(descriptor), *self._told]
            self._process = subprocess.Popen(command, env=environment, pass_fds=[descriptor], stdin=subprocess.DEVNULL)  # noqa: S603 - the environment's Python
        self._connection = ours
        try:
            told = receive(ours)
        except (EOFError, OSError) as error:
            raise WorkerError(f"the model's process ended while it loaded (exit code {self._end()})") from error
        if "failed" in told:
            self._end()
            raise WorkerError(f"in the model's own environment: {told['failed']}")
        event("model's process started", pid=self._process.pid, python=told["ready"])
        return ours

    def _end(self) -> int | None:
        """Closing our end of the socket ends the process when its call is done; one that does not listen is killed."""
        if self._connection is not None:
            self._connection.close()
        code = None
        if self._process is not None:
            try:
                code = self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                code = self._process.wait()
        self._connection = self._process = None
        return code
