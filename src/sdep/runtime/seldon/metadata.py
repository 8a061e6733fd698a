"""v1's metadata of models and of the whole graph, from MLflow's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from sdep.contract import INPUT_EXAMPLE_FAILED, SIGNATURE
from sdep.runtime.predictor import units_of
from sdep.runtime.servers.signature import mlflow_column, tensor_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.contract import ServedPredictor, ServedUnit
    from sdep.runtime.servers.model import Model

    Models = Mapping[str, Model]
    Told = Mapping[str, Mapping[str, Any]]


def graph_metadata(
    served: ServedPredictor, models: Models, containers: Told, unanswered: Mapping[str, str]
) -> dict[str, Any]:
    """`containers` has what each unit in a container said of itself; `unanswered` why models failed their input examples."""
    every = {
        unit.name: containers.get(unit.name) or unit_metadata(unit, models, unanswered)
        for unit in units_of(served.graph)
    }
    return {
        "name": served.predictor,
        "models": every,
        "graphinputs": _graph_inputs(served.graph, every),
        "graphoutputs": _graph_outputs(served.graph, every),
    }


def unit_metadata(unit: ServedUnit, models: Models, unanswered: Mapping[str, str]) -> dict[str, Any]:
    """Named after the registered model where there is one, else after the unit."""
    model = models.get(unit.name)
    versions = [unit.model.version] if unit.model is not None and unit.model.version else []
    inputs = model.signature.inputs if model is not None else ()
    custom = {SIGNATURE: orjson.dumps([mlflow_column(field) for field in inputs]).decode()} if inputs else {}
    if unit.name in unanswered:
        custom[INPUT_EXAMPLE_FAILED] = unanswered[unit.name]
    return {
        "name": unit.model.name if unit.model is not None else unit.name,
        "versions": versions,
        "platform": model.platform if model is not None else unit.implementation,
        "inputs": [tensor_metadata(field) for field in inputs],
        "outputs": [tensor_metadata(field) for field in model.signature.outputs] if model is not None else [],
        **({"custom": custom} if custom else {}),
    }


def _graph_inputs(unit: ServedUnit, told: Told) -> object:
    """Inputs of the first unit that changes what it is given: routers and combiners hand on what their children take."""
    if unit.children and unit.type not in {"MODEL", "TRANSFORMER"}:
        return _graph_inputs(unit.children[0], told)
    own = told[unit.name].get("inputs") or []
    return own if own or not unit.children else _graph_inputs(unit.children[0], told)


def _graph_outputs(unit: ServedUnit, told: Told) -> object:
    """Outputs of the last unit on the way back; an average says nothing of its own, and has its children's form."""
    own = told[unit.name].get("outputs") or []
    if unit.children and not (own and unit.type in {"OUTPUT_TRANSFORMER", "COMBINER"}):
        return _graph_outputs(unit.children[0], told)
    return own
