"""Where each unit of a predictor runs, and which pod holds the engine."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sdep.api.engine import Engine, engine_of
from sdep.api.graph import SERVED, Unit
from sdep.api.predictor import ComponentSpec, Predictor
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.layout.containers import components
from sdep.layout.ports import ContainerKey, Ports
from sdep.settings import OperatorSettings

Body = Mapping[str, Any]

Place = Literal["engine", "server", "container", "beside"]
"""`engine`: in the engine's own process. `server`: our runtime, as this unit's container. `container`: the manifest's image, or
the one that the settings give for its server. `beside`: no unit, kept in the pod as it is written."""


@dataclass(frozen=True)
class PlacedContainer:
    name: str
    body: Body
    place: Place
    ports: Ports
    unit: Unit | None = None


@dataclass(frozen=True)
class Pod:
    """One Deployment of a predictor. `component` is its number in `componentSpecs`; None is the engine's own pod."""

    component: int | None
    spec: ComponentSpec
    containers: tuple[PlacedContainer, ...] = ()
    has_engine: bool = False

    @property
    def units(self) -> list[PlacedContainer]:
        return [container for container in self.containers if container.unit]

    @property
    def in_process(self) -> list[PlacedContainer]:
        """Units that the engine of this pod serves itself."""
        return [container for container in self.containers if container.place == "engine"]


@dataclass(frozen=True)
class Layout:
    """All pods of a predictor; those that hold the engine, or stand in for one, first."""

    predictor: Predictor
    engine: Engine
    pods: tuple[Pod, ...]

    @property
    def units(self) -> dict[str, PlacedContainer]:
        return {container.name: container for pod in self.pods for container in pod.units}

    @property
    def reference_unit(self) -> str | None:
        """The unit whose reference data says what the predictor's inputs are like: the first one of which the entry has the model."""
        here = {container.name for container in self.entry.in_process} if self.engine == "sidecar" else set()
        units = (unit for unit in self.predictor.graph.walk() if unit.model_uri and unit.name in here)
        return next((unit.name for unit in units), None)

    @property
    def entry(self) -> Pod:
        """The pod that the predictor's Service selects."""
        return self.pods[0]


def lay_out(
    sdep: SeldonDeployment, predictor: Predictor, settings: OperatorSettings, ports: Mapping[ContainerKey, Ports]
) -> Layout:
    """The pods of one predictor, from its own manifest and the `ports` that `allocate` gave."""
    engine = engine_of(sdep, predictor)
    written = [(number, spec, bodies) for number, (spec, bodies) in enumerate(components(predictor)) if bodies]
    units = {unit.name: unit for unit in predictor.graph.walk()}
    home = _home(written, units) if engine != "separate" else None
    protocol = sdep.spec.protocol or "seldon"

    def placed(body: Body, *, beside_engine: bool) -> PlacedContainer:
        name = body.get("name", "")
        unit = units.get(name)
        place = _place(
            unit,
            body,
            settings.server_image(unit.implementation or "", protocol) if unit else "",
            beside_engine=beside_engine,
        )
        return PlacedContainer(name, body, place, ports[predictor.name, name], None if place == "beside" else unit)

    pods = [
        Pod(number, spec, tuple(placed(body, beside_engine=here) for body in bodies), here)
        for number, spec, bodies in written
        for here in [number == home and engine == "sidecar"]
    ]
    if home is None and engine != "none":
        pods.append(Pod(None if engine == "separate" else 0, ComponentSpec(), has_engine=True))
    entry_first = sorted(pods, key=lambda pod: not (pod.has_engine if engine != "none" else pod.component == home))
    return Layout(predictor, engine, tuple(entry_first))


def _home(written: Sequence[tuple[int, ComponentSpec, list[Body]]], units: Container[str | None]) -> int | None:
    """The first component that serves a unit, else the first: v1 looks at the first alone and fails where that has no unit."""
    numbers = [number for number, _, bodies in written if any(body.get("name") in units for body in bodies)]
    return next(iter(numbers or [number for number, _, _ in written]), None)


def _place(unit: Unit | None, body: Body, server_image: str, *, beside_engine: bool) -> Place:
    if unit is None or unit.is_built_in:
        return "beside"
    if body.get("image") or server_image or unit.implementation not in SERVED:
        return "container"
    return "engine" if beside_engine else "server"
