"""The one argument of every maker: what the user wants, which models that means, and where traffic goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sdep.api.graph import Unit
from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin
from sdep.layout.place import Layout, lay_out
from sdep.layout.ports import ContainerKey, Ports, allocate
from sdep.settings import OperatorSettings

UnitKey = tuple[str, str]
"""(predictor, unit)."""


@dataclass(frozen=True)
class Weights:
    """Percentages by predictor name. `live` sums to 100; `mirror` has one entry a shadow, each from 0 to 100."""

    live: Mapping[str, int]
    mirror: Mapping[str, int]


@dataclass(frozen=True)
class Plan:
    """A SeldonDeployment with defaults, its models pinned and its weights decided."""

    sdep: SeldonDeployment
    pins: Mapping[UnitKey, Pin]
    weights: Weights
    settings: OperatorSettings
    ports_in_use: Mapping[ContainerKey, Ports] = field(default_factory=dict)
    former_services: Mapping[str, str] = field(default_factory=dict)
    """By predictor: the Service that routes name yet, where the pods of its own are not all there."""

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """The pods of every predictor, by its name."""
        ports = allocate(self.sdep, self.ports_in_use)
        return {
            predictor.name: lay_out(self.sdep, predictor, self.settings, ports)
            for predictor in self.sdep.spec.predictors
        }

    def explained(self, predictor: Predictor) -> bool:
        """Whether the predictor has an explainer that can be run."""
        return bool(predictor.explainer and predictor.explainer.can_be_run(self.settings.explainer_image))

    @property
    def predictors(self) -> list[Predictor]:
        """The predictors that can be made: those whose every model is pinned."""
        unpinned = {key[0] for key, _ in units_with_models(self.sdep) if key not in self.pins}
        return [predictor for predictor in self.sdep.spec.predictors if predictor.name not in unpinned]

    @property
    def serves_what_is_written(self) -> bool:
        """Whether every unit's pin is of the reference that the manifest holds now, however old it is."""
        pins = ((self.pins.get(key), unit.model_uri) for key, unit in units_with_models(self.sdep))
        return all(pin is not None and pin.uri == uri for pin, uri in pins)

    @property
    def namespace(self) -> str:
        return self.sdep.metadata.namespace

    @property
    def name(self) -> str:
        return self.sdep.metadata.name


def fetched_as_written(sdep: SeldonDeployment) -> set[UnitKey]:
    """Units whose model a program of the user's fetches: an image of their own, or an init container of v1's name."""
    return {
        (predictor.name, unit.name or "")
        for predictor in sdep.spec.predictors
        for written in [
            {
                body.get("name")
                for component in predictor.component_specs or ()
                for body in (component.spec or {}).get("initContainers") or ()
            }
        ]
        for unit in predictor.graph.walk()
        if unit.storage_initializer_image or f"{unit.name}-model-initializer" in written
    }


def units_with_models(sdep: SeldonDeployment) -> Iterator[tuple[UnitKey, Unit]]:
    """Every unit of every predictor that downloads a model, with its key, in manifest order."""
    for predictor in sdep.spec.predictors:
        for unit in predictor.graph.walk():
            if unit.model_uri:
                yield (predictor.name, unit.name or ""), unit
