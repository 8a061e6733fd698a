"""One of several processes that serve a class: a worker as an engine has them, around an object of its own."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from typing_extensions import override

from sdep.contract import ENV_GRPC_PORT, ENV_HTTP_PORT
from sdep.runtime.classes.arguments import ClassSettings, read_arguments
from sdep.runtime.classes.server import ClassServer, log_from
from sdep.runtime.report import Report
from sdep.runtime.workers.worker import Inherited, WorkerServer, of_parent, work


class ClassWorker(WorkerServer, ClassServer):
    @override
    def attach(self, inherited: Inherited) -> None:
        super().attach(inherited)
        self._is_first = inherited.number == 0

    @override
    def _report(self) -> Report:
        return self._service.report()


def main(arguments: list[str]) -> int:
    """The first four arguments are what is inherited from the parent, the others are the parent's own."""
    return work(Inherited(*map(int, arguments[:4])), lambda: ClassWorker(_settings(arguments[4:])))


def _settings(words: list[str]) -> ClassSettings:
    """At the ports that the parent found."""
    settings = read_arguments(words, os.environ)
    log_from(settings.log_level)
    grpc_port = None if settings.serving.grpc_port is None else int(os.environ[ENV_GRPC_PORT])
    serving = replace(settings.serving, port=int(os.environ[ENV_HTTP_PORT]), grpc_port=grpc_port)
    return settings._replace(serving=of_parent(serving))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
