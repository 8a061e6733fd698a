"""The protocol as functions; HTTP and gRPC are two ways to call them. Whatever the name, the whole graph answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from sdep import __version__
from sdep.runtime.errors import NotFoundError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.answer import chosen, inference_of
from sdep.runtime.openinference.names import Known, known_names

if TYPE_CHECKING:
    from sdep.contract import ServedPredictor
    from sdep.runtime.openinference.tensor import Inference, Wanted
    from sdep.runtime.seldon.api import SeldonApi

PREDICT, OUTPUT = "predict", "output-1"
"""What MLServer calls the one output of an estimator, and that of any other model."""
_ESTIMATORS = frozenset({"SKLEARN_SERVER", "XGBOOST_SERVER"})


class OpenInferenceApi:
    def __init__(self, served: ServedPredictor, api: SeldonApi) -> None:
        self._served = served
        self._api = api
        self.names = known_names(served)
        self._output = PREDICT if served.graph.implementation in _ESTIMATORS else OUTPUT

    @property
    def root(self) -> Known:
        """What is meant by a request that names no model."""
        return self.names[self._served.graph.name]

    def known(self, name: str, version: str = "") -> Known:
        """`NotFoundError` for a name or a version that nothing here has."""
        known = self.names.get(name) if name else self.root
        if known is None:
            raise NotFoundError(f"there is no model '{name}' here: ask for '{self.root.name}'")
        if version and version not in known.versions:
            raise NotFoundError(f"model '{known.name}' has no version '{version}': it has {', '.join(known.versions)}")
        return known

    async def infer(self, asked: Inference, wanted: Wanted, puid: str) -> Inference:
        """The answer has the request's id. Containers get the tensors as they came."""
        payload = Payload(asked, "inference") if self._api.has_containers else asked.payload()
        answer = await self._api.answer(Message(payload, Meta(puid or asked.id)))
        name = self.output_name(self._output)
        found = inference_of(answer.payload, name)._replace(id=asked.id)
        return chosen(found, wanted.names, own_name=found.tensors[0].name == name == self._output)

    def output_name(self, otherwise: str) -> str:
        """That of the signature, where the graph is one model that names its one output."""
        predictor = self._api.predictor
        model = predictor.models.get(self._served.graph.name) if predictor is not None else None
        outputs = model.signature.outputs if model is not None and not self._served.graph.children else ()
        return (outputs[0].name if len(outputs) == 1 else "") or otherwise

    def server(self) -> dict[str, Any]:
        return {"name": self._served.deployment, "version": __version__, "extensions": ["binary_tensor_data"]}

    async def metadata(self, known: Known) -> dict[str, Any]:
        """What the unit says of its tensors, or the whole graph does."""
        if known.unit is None:
            graph = orjson.loads(await self._api.graph_metadata())
            inputs, outputs, platform = graph["graphinputs"], graph["graphoutputs"], "graph"
        else:
            unit = orjson.loads(await self._api.unit_metadata(known.unit.name))
            inputs, outputs, platform = unit.get("inputs"), unit.get("outputs"), str(unit.get("platform") or "")
        tensors = {"inputs": inputs or [], "outputs": outputs or []}
        return {"name": known.name, "versions": list(known.versions), "platform": platform, **tensors}

    def version(self) -> str:
        """Of the model that answers; "" where several do, or it has none."""
        graph = self._served.graph
        return graph.model.version if graph.model is not None and not graph.children else ""
