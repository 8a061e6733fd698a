"""What an engine says of the models of its graph, as far as a rollout asks: v1's metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from sdep.contract import INPUT_EXAMPLE_FAILED, SIGNATURE

Column = Mapping[str, Any]
_COLUMNS = TypeAdapter(list[dict[str, Any]])


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class UnitMetadata(_Said):
    """`inputs` are in the words of v1 or of the Open Inference Protocol."""

    name: str = ""
    versions: Sequence[str] = ()
    inputs: Sequence[dict[str, Any]] = ()
    custom: Mapping[str, str] = {}

    @property
    def signature(self) -> Sequence[Column]:
        """The inputs in MLflow's words; none where the unit is no model of the runtime's, or its model does not say."""
        try:
            return _COLUMNS.validate_json(self.custom.get(SIGNATURE, "[]"))
        except ValidationError:
            return ()

    @property
    def example_failed(self) -> str:
        """Why its model could not answer its own input example; "" where it could, or there is none."""
        return self.custom.get(INPUT_EXAMPLE_FAILED, "")


class GraphMetadata(_Said):
    models: Mapping[str, UnitMetadata] = {}

    def of(self, unit: str) -> UnitMetadata:
        return self.models.get(unit) or UnitMetadata()
