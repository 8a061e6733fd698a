"""The names under which clients may ask for a predictor: known from the start, so that nothing a client writes becomes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdep.runtime.predictor import units_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdep.contract import ServedPredictor, ServedUnit

V1_VERSION = "v1"
"""The version that every prepackaged server of Seldon Core v1 said it had, whatever it served."""


class Known(NamedTuple):
    """`unit` is the one that the name means; None where it means the whole graph."""

    name: str
    unit: ServedUnit | None
    versions: tuple[str, ...]


def known_names(served: ServedPredictor) -> dict[str, Known]:
    """Units by name, their registered models where only one unit has it, the predictor, the deployment. A unit comes first."""
    found: dict[str, Known] = {}
    for name, unit in _names(served):
        found.setdefault(name, Known(name, unit, _versions(served, unit)))
    return found


def _names(served: ServedPredictor) -> Iterator[tuple[str, ServedUnit | None]]:
    units = list(units_of(served.graph))
    alone = served.graph if len(units) == 1 else None
    yield from ((unit.name, unit) for unit in units)
    models = [unit.model.name for unit in units if unit.model is not None]
    for unit in units:
        if unit.model is not None and models.count(unit.model.name) == 1:
            yield unit.model.name, unit
    yield served.predictor, alone
    yield served.deployment, alone


def _versions(served: ServedPredictor, unit: ServedUnit | None) -> tuple[str, ...]:
    own = unit.model.version if unit is not None and unit.model is not None else ""
    return tuple(dict.fromkeys(version for version in (own, served.version, V1_VERSION) if version))
