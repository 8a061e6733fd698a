"""v1's metadata of models and of the whole graph, from MLflow's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdep.runtime.servers.signature import tensor_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdep.contract import ServedPredictor, ServedUnit
    from sdep.runtime.servers.model import Model

    Models = Mapping[str, Model]


def graph_metadata(predictor: ServedPredictor, models: Models) -> dict[str, Any]:
    return {
        "name": predictor.predictor,
        "models": dict(_all(predictor.graph, models)),
        "graphinputs": _graph_inputs(predictor.graph, models),
        "graphoutputs": _graph_outputs(predictor.graph, models),
    }


def unit_metadata(unit: ServedUnit, models: Models) -> dict[str, Any]:
    """Named after the registered model where there is one, else after the unit."""
    model = models.get(unit.name)
    versions = [unit.model.version] if unit.model is not None and unit.model.version else []
    return {
        "name": unit.model.name if unit.model is not None else unit.name,
        "versions": versions,
        "platform": model.platform if model is not None else unit.implementation,
        "inputs": [tensor_metadata(field) for field in model.signature.inputs] if model is not None else [],
        "outputs": [tensor_metadata(field) for field in model.signature.outputs] if model is not None else [],
    }


def _all(unit: ServedUnit, models: Models) -> Iterator[tuple[str, dict[str, Any]]]:
    yield unit.name, unit_metadata(unit, models)
    for child in unit.children:
        yield from _all(child, models)


def _graph_inputs(unit: ServedUnit, models: Models) -> list[dict[str, Any]]:
    """Inputs of the first model on the way down: it takes what the graph takes; routers and combiners hand it on."""
    if unit.children and unit.name not in models:
        return _graph_inputs(unit.children[0], models)
    return list(unit_metadata(unit, models)["inputs"])


def _graph_outputs(unit: ServedUnit, models: Models) -> list[dict[str, Any]]:
    """Outputs of the deepest first child: it answers, and an average has its children's form."""
    if unit.children:
        return _graph_outputs(unit.children[0], models)
    return list(unit_metadata(unit, models)["outputs"])
