"""The command line and the environment of `seldon-core-microservice`, with v1's names and defaults."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sdep.contract import ENV_GRPC_PORT, ENV_HTTP_PORT, ENV_PREDICTOR, ServedUnit
from sdep.errors import InvalidError
from sdep.runtime.classes.identity import Identity, read_identity
from sdep.runtime.classes.parameters import PARAMETERS, read_parameters
from sdep.runtime.settings import ENV_METRICS_PORT, ENV_WORKERS, Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_HTTP_PORT, DEFAULT_GRPC_PORT, DEFAULT_METRICS_PORT = 9000, 5000, 6000
TRUE = frozenset({"1", "true", "t"})
TYPES = ("MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR")


class ClassSettings(NamedTuple):
    """`threads` is how many calls of the class run at once. `counts_rewards` is off where an engine counts them."""

    name: str
    serving: Settings
    identity: Identity
    metrics_path: str
    threads: int
    log_level: str
    metrics_in_answers: bool
    counts_rewards: bool
    metadata: str
    pid_file: Path | None

    @property
    def unit(self) -> ServedUnit:
        return self.serving.predictor.graph


def read_arguments(words: Sequence[str], environment: Mapping[str, str]) -> ClassSettings:
    """`InvalidError` names what is wrong with a variable; a wrong flag ends the process, as argparse does it."""
    given = _parser(environment).parse_args(words)
    if not given.name:
        raise InvalidError(
            "InvalidArguments", "name the class: seldon-core-microservice MyModel, or MODEL_NAME=MyModel"
        )
    identity = read_identity(environment)
    threads = 1 if given.single_threaded else max(given.threads, given.grpc_threads, 1)
    return ClassSettings(
        name=given.name,
        serving=_serving(given, identity, environment),
        identity=identity,
        metrics_path=environment.get("PREDICTIVE_UNIT_METRICS_ENDPOINT", "/metrics"),
        threads=threads,
        log_level=environment.get("SELDON_LOG_LEVEL", given.log_level).upper(),
        metrics_in_answers=environment.get("INCLUDE_METRICS_IN_CLIENT_RESPONSE", "true").lower() == "true",
        counts_rewards=environment.get("SELDON_EXECUTOR_ENABLED", "true").lower() != "false",
        metadata=environment.get("MODEL_METADATA", ""),
        pid_file=given.pidfile,
    )


def _serving(given: argparse.Namespace, identity: Identity, environment: Mapping[str, str]) -> Settings:
    """The same settings as a runtime's, whose graph is this one unit."""
    unit = ServedUnit(
        name=identity.unit or given.name, image=identity.image, parameters=read_parameters(given.parameters)
    )
    told = {
        ENV_PREDICTOR: identity.alone(unit).model_dump_json(exclude_defaults=True),
        ENV_HTTP_PORT: str(given.http_port),
        ENV_GRPC_PORT: str(given.grpc_port) if given.grpc_workers else "",
        ENV_METRICS_PORT: str(given.metrics_port),
        ENV_WORKERS: str(max(given.workers, given.grpc_workers, 1)),
    }
    return read_settings({**environment, **told})


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Flags that only tune v1's own servers are taken and change nothing, so that no image's command has to change."""
    parser = argparse.ArgumentParser(prog="seldon-core-microservice", description=__doc__)
    parser.add_argument("name", nargs="?", default=environment.get("MODEL_NAME"), help="Class, or module.Class")
    parser.add_argument("transport", nargs="?", choices=("REST", "GRPC"), help=argparse.SUPPRESS)

    def flag(name: str, variable: str = "", **options: Any) -> None:  # noqa: ANN401 - argparse's own
        if variable in environment:
            options["default"] = environment[variable]
        parser.add_argument(f"--{name}", **options)

    flag("service-type", "SERVICE_TYPE", default="MODEL", help=f"one of {', '.join(TYPES)}; each call is served anyway")
    flag("parameters", PARAMETERS, default="[]", help="JSON list of {name, value, type}")
    flag("log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    flag("http-port", "PREDICTIVE_UNIT_HTTP_SERVICE_PORT", type=int, default=DEFAULT_HTTP_PORT)
    flag("grpc-port", "PREDICTIVE_UNIT_GRPC_SERVICE_PORT", type=int, default=DEFAULT_GRPC_PORT)
    flag("metrics-port", "PREDICTIVE_UNIT_METRICS_SERVICE_PORT", type=int, default=DEFAULT_METRICS_PORT)
    flag("threads", "GUNICORN_THREADS", type=int, default=1, help="calls of the class that may run at once")
    flag("grpc-threads", "GRPC_THREADS", type=int, default=1, help="the same; the greater of the two counts")
    flag("grpc-workers", "GRPC_WORKERS", type=int, default=1, help="the same as workers, but 0 serves no gRPC")
    flag("single-threaded", "FLASK_SINGLE_THREADED", type=int, default=0)
    flag("pidfile", type=Path)
    flag("workers", "GUNICORN_WORKERS", type=int, default=1, help="processes, each with an object of the class")
    for name in ("max-requests", "max-requests-jitter", "keepalive", "persistence"):
        flag(name, type=int, default=0, help=argparse.SUPPRESS)
    for name in ("debug", "access-log", "tracing"):
        flag(name, nargs="?", help=argparse.SUPPRESS)
    return parser
