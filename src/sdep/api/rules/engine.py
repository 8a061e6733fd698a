"""What only an engine gives effect to, of predictors that have none or none of its own."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.engine import engine_of
from sdep.api.predictor import Predictor
from sdep.api.problem import Problem
from sdep.api.rules.walk import no_effect, predictors, runtime_units
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.settings import OperatorSettings

_NO_ENGINE = "with seldon.io/no-engine there is no engine: "


def replicas(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for field, predictor in predictors(sdep):
        orchestrator = predictor.svc_orch_spec
        if orchestrator and orchestrator.replicas is not None and engine_of(sdep, predictor) != "separate":
            message = "the engine has no Deployment of its own: set seldon.io/engine-separate-pod in spec.annotations"
            yield no_effect(f"{field}.svcOrchSpec.replicas", message)


def settings_of_none(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for field, predictor in predictors(sdep):
        if engine_of(sdep, predictor) == "none":
            for name, instead in _of_an_engine(predictor).items():
                yield no_effect(f"{field}.{name}", _NO_ENGINE + instead)


def loggers(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    """The runtime logs for itself; a container of the user's, or a server in an image of its own, does not."""
    for field, predictor in predictors(sdep):
        if engine_of(sdep, predictor) != "none":
            continue
        log_themselves = {unit.name for unit in runtime_units(sdep, predictor, settings)}
        for unit in predictor.graph.walk():
            if unit.logger and unit.name not in log_themselves:
                yield no_effect(f"{field}.graph[{unit.name}].logger", f"{_NO_ENGINE}its payloads are seen by nobody")


def _of_an_engine(predictor: Predictor) -> dict[str, str]:
    """What the predictor writes for its engine, and what to do instead."""
    found = {}
    if predictor.ssl and predictor.ssl.cert_secret_name:
        found["ssl"] = "the container itself must serve TLS"
    if predictor.svc_orch_spec and predictor.svc_orch_spec.env:
        found["svcOrchSpec.env"] = "write variables into the container"
    if predictor.svc_orch_spec and predictor.svc_orch_spec.resources:
        found["svcOrchSpec.resources"] = "write resources into the container"
    return found


RULES = (replicas, settings_of_none, loggers)
