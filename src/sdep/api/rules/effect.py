"""What is legal and has no effect, or not the one that was meant: said, and the rest goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdep.api.environment import ENVIRONMENT, POLICIES
from sdep.api.graph import PAYLOAD_MODES, Unit
from sdep.api.predictor import Predictor
from sdep.api.problem import Problem
from sdep.api.rules.walk import containers, invalid, no_effect, predictors, runtime_units, units, unsupported
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.built_in import RELATIVE_TOLERANCE, TOLERANCE
from sdep.contract import MODEL_PARAMETERS
from sdep.settings import OperatorSettings

_NOT_OF_TENSORFLOW = frozenset({"ROUTE", "AGGREGATE"})
_STAGE = re.compile(r"models:/+(?P<name>[^/@]+)/(?P<stage>production|staging|archived|none)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}")
_TIMEOUTS = ("seldon.io/rest-timeout", "seldon.io/grpc-timeout", "seldon.io/executor-logger-write-timeout-ms")
_QUEUE_SIZE = "seldon.io/executor-logger-queue-size"
_DEAD = {
    "seldon.io/rest-read-timeout": "v1 ignores it too: use seldon.io/rest-timeout",
    "seldon.io/grpc-read-timeout": "v1 ignores it too: use seldon.io/grpc-timeout",
    "seldon.io/no-storage-initializer": "a model is always there before its server starts",
    "seldon.io/grpc-max-message-size": "messages of any size are taken",
}
_NOT_OF_A_SHARED_PROCESS = (
    "command",
    "args",
    "lifecycle",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "workingDir",
)


def protocols(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    if sdep.spec.server_type == "kafka":
        yield unsupported("spec.serverType", "kafka is not supported: requests are served over HTTP and gRPC")
    if sdep.spec.protocol != "tensorflow":
        return
    for where, predictor, unit in units(sdep):
        if unit.is_built_in or "seldon.io/no-engine" in (predictor.annotations or {}):
            continue
        if unit.type in {"ROUTER", "COMBINER"} or _NOT_OF_TENSORFLOW.intersection(unit.methods or ()):
            message = (
                "its container is called over tensorflow, which has no call for it: spec.protocol seldon and v2 have"
            )
            yield unsupported(where, message)


def loggers(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for where, _predictor, unit in units(sdep):
        if unit.logger is None:
            continue
        if unit.logger.mode and unit.logger.mode not in PAYLOAD_MODES:
            message = f"{unit.logger.mode!r} logs nothing: use all, request or response"
            yield no_effect(f"{where}.logger.mode", message)
        if unit.logger.url and not unit.logger.url.startswith(("http://", "https://")):
            yield no_effect(f"{where}.logger.url", f"{unit.logger.url!r} is no address: write http://… or https://…")


def shared_processes(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    """A prepackaged unit runs in a process of ours: of its container, what a process of its own would need says nothing."""
    for field, predictor in predictors(sdep):
        served = {unit.name for unit in runtime_units(sdep, predictor, settings)}
        for name, body in containers(predictor).items():
            useless = [part for part in _NOT_OF_A_SHARED_PROCESS if part in body]
            if name in served and useless:
                message = f"{', '.join(useless)}: no effect, since the unit runs in the runtime's own process"
                yield no_effect(f"{field}.componentSpecs.containers[{name}]", message)


def model_parameters(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    known = ", ".join(sorted(MODEL_PARAMETERS))
    for field, predictor in predictors(sdep):
        for unit in runtime_units(sdep, predictor, settings):
            for parameter in unit.parameters or ():
                if parameter.name not in {*MODEL_PARAMETERS, TOLERANCE, RELATIVE_TOLERANCE}:
                    where = f"{field}.graph[{unit.name}].parameters[{parameter.name}]"
                    yield no_effect(where, f"{unit.implementation} does not read it: its parameters are {known}")


def dead_fields(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for name, value in (("oauth_key", sdep.spec.oauth_key), ("oauth_secret", sdep.spec.oauth_secret)):
        if value:
            yield no_effect(f"spec.{name}", "v1 ignores it too: let the gateway check who asks")
    for field, predictor in predictors(sdep):
        if predictor.engine_resources:
            yield no_effect(f"{field}.engineResources", "v1 ignores it too: use svcOrchSpec.resources")
        if _accounts(predictor) > 1:
            yield no_effect(f"{field}.graph", "a pod has one serviceAccountName: the first unit's is taken")


def dead_endpoints(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for where, _predictor, unit in units(sdep):
        if useless := _useless(unit):
            message = "v1 ignores it too: give the container a port named http or grpc"
            yield no_effect(f"{where}.endpoint", f"{', '.join(useless)}: {message}")


def dead_annotations(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for name in sorted({*(sdep.spec.annotations or {}), *(sdep.metadata.annotations or {})}):
        if name.startswith("seldon.io/ambassador-"):
            yield no_effect(f"annotations[{name}]", "Ambassador is not supported: see the ingresses that are")
        elif name in _DEAD:
            yield no_effect(f"annotations[{name}]", _DEAD[name])
    for field, predictor in predictors(sdep):
        version = (predictor.annotations or {}).get("version")
        if version is not None and version != (predictor.labels or {}).get("version"):
            message = "metrics get predictor_version from the predictor's label: write labels.version"
            yield no_effect(f"{field}.annotations[version]", message)


def numbers(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for name in _TIMEOUTS:
        value = sdep.annotation(name)
        if value is not None and not _NUMBER.fullmatch(value):
            yield invalid(f"annotations[{name}]", f"{value!r} is no number of milliseconds: write one such as 5000")
    size = sdep.annotation(_QUEUE_SIZE)
    if size is not None and not _NUMBER.fullmatch(size):
        yield invalid(f"annotations[{_QUEUE_SIZE}]", f"{size!r} is no number of payloads: write one such as 10000")


def environments(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    value = sdep.annotation(ENVIRONMENT)
    if value is not None and value not in POLICIES:
        yield invalid(f"annotations[{ENVIRONMENT}]", f"{value!r} is none of {', '.join(POLICIES)}")


def stages(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for where, _predictor, unit in units(sdep):
        if found := _STAGE.fullmatch(unit.model_uri or ""):
            alias = found["stage"].lower()
            message = f"MLflow has deprecated stages: set an alias and write models:/{found['name']}@{alias}"
            yield Problem("warning", "DeprecatedStage", f"{where}.modelUri", message)


def _useless(unit: Unit) -> list[str]:
    """The fields of a unit's endpoint that say nothing."""
    given = unit.endpoint.to_manifest() if unit.endpoint else {}
    return [name for name in given if name != "type"]


def _accounts(predictor: Predictor) -> int:
    return len({unit.service_account_name for unit in predictor.graph.walk() if unit.service_account_name})


RULES = (
    protocols,
    loggers,
    shared_processes,
    model_parameters,
    dead_fields,
    dead_endpoints,
    dead_annotations,
    numbers,
    environments,
    stages,
)
