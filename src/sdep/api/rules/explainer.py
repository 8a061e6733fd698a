"""Rules about explainers: a predictor serves whatever is wrong with its own."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.explainer import Explainer
from sdep.api.predictor import Predictor
from sdep.api.problem import Problem
from sdep.api.rules.walk import invalid, no_effect, predictors, unsupported
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.contract import EXPLAINERS
from sdep.settings import OperatorSettings

_NAME_OF_ITS_SERVICE = "explainer"


def types(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    for field, explainer, _ in _explainers(sdep):
        if not explainer.can_be_run(settings.explainer_image):
            image = "name an image in containerSpec.image or in explainer.image of the operator's chart"
            message = (
                f"{explainer.type} is none that is built in: use one of {', '.join(sorted(EXPLAINERS))}, or {image}"
            )
            yield unsupported(field, message)


def names(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    for field, explainer, predictor in _explainers(sdep):
        taken = {unit.name for unit in predictor.graph.walk()}
        if _NAME_OF_ITS_SERVICE in taken and explainer.can_be_run(settings.explainer_image):
            message = f"its Service has the name of that of the unit {_NAME_OF_ITS_SERVICE!r}: rename the unit"
            yield invalid(field, message)


def artifacts(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for field, explainer, _predictor in _explainers(sdep):
        if (explainer.model_uri or "").startswith("models:/"):
            message = "is looked up in no registry: write the run that it was logged in, runs:/…, or where it is stored"
            yield invalid(f"{field}.modelUri", message)


def dead_fields(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    for field, explainer, predictor in _explainers(sdep):
        if explainer.init_parameters:
            message = "only v1's own explainer of protocol v2 reads it: give containerSpec.args"
            yield no_effect(f"{field}.initParameters", message)
        if explainer.endpoint and explainer.endpoint.type == "GRPC":
            yield no_effect(f"{field}.endpoint.type", "an explainer asks its predictor over HTTP")
        yield from _endpoint(field, explainer)
        if explainer.reference and explainer.image(settings.explainer_image):
            yield no_effect(f"{field}.reference", "an explainer in an image of its own reads none")
        elif explainer.reference and predictor.graph.children:
            message = "a graph of several units has no model that the data belongs to: give modelUri"
            yield no_effect(f"{field}.reference", message)


def _endpoint(field: str, explainer: Explainer) -> Iterator[Problem]:
    given = explainer.endpoint.to_manifest() if explainer.endpoint else {}
    if useless := [name for name in given if name not in {"type", "service_port"}]:
        yield no_effect(f"{field}.endpoint", f"{', '.join(useless)}: v1 ignores it too: write the port in service_port")
    if "service_port" in given and any(port.get("name") == "http" for port in explainer.container.get("ports") or ()):
        yield no_effect(f"{field}.endpoint.service_port", "the port that its container names http is where it listens")


def _explainers(sdep: SeldonDeployment) -> Iterator[tuple[str, Explainer, Predictor]]:
    for field, predictor in predictors(sdep):
        if predictor.explainer and predictor.explainer.type:
            yield f"{field}.explainer", predictor.explainer, predictor


RULES = (types, names, artifacts, dead_fields)
