"""The command `sdep undo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from sdep.cli import options
from sdep.cli.ages import now
from sdep.cli.output import emit
from sdep.cli.session import Session, in_session
from sdep.cli.user import user
from sdep.diagnosis.served import Entry, UnitHistory, histories
from sdep.errors import InvalidError
from sdep.registry.hold import HOLD_ANNOTATION, HeldModel, with_holds

DESCRIPTION = """Go back to a model that a unit served before, and stay there: whatever the registry says, until `sdep release`.

The spec is not changed, so that no GitOps tool undoes it: the annotation sdep.io/hold names the model, and the operator
obeys it. `sdep history` has the numbers."""
EXAMPLES = (
    "sdep undo prices                                     # back to the model before this one",
    "sdep undo prices --to 3 --why 'errors since noon'",
    "sdep undo prices --unit canary/price                 # where several units have a history",
)


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_name(parser)
    parser.add_argument("--unit", metavar="PREDICTOR/UNIT", help="default: the only one that has served another model")
    parser.add_argument("--to", type=int, metavar="N", help="a number of `sdep history`; default: 1, the model before")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept in the history and in the status")
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    return in_session(given, lambda session: _undo(session, given))


async def _undo(session: Session, given: argparse.Namespace) -> int:
    body = await session.seldon_deployment(given.name)
    unit = chosen_unit(histories(body), given.unit, any_entry=given.to == 0)
    entry = chosen_entry(unit, given.to)
    held = await hold_at(session, body, unit, entry, by=user(), why=given.why)
    if given.output:
        emit(
            {
                "unit": unit.unit,
                "from": unit.entries[0].label,
                "to": entry.label,
                "hold": held.model_dump(by_alias=True),
            },
            given.output,
        )
    else:
        moved = "stays at" if entry.number == 0 else f"goes from {unit.entries[0].label} back to"
        sys.stdout.write(f"{unit.unit} {moved} {entry.label} and is held there until `sdep release {given.name}`\n")
    return 0


async def hold_at(
    session: Session, body: Mapping[str, Any], unit: UnitHistory, entry: Entry, *, by: str, why: str
) -> HeldModel:
    """Write the hold; the SeldonDeployment is `body`, as it was read."""
    held = HeldModel(
        artifact_uri=entry.artifact_uri,
        name=entry.name,
        version=entry.version,
        run_id=entry.run_id,
        model_id=entry.model_id,
        by=by,
        at=f"{now():%Y-%m-%dT%H:%M:%SZ}",
        why=why,
    )
    text = (body["metadata"].get("annotations") or {}).get(HOLD_ANNOTATION)
    await session.cluster.annotate(body, HOLD_ANNOTATION, with_holds(text, {unit.unit: held}))
    return held


def chosen_unit(units: list[UnitHistory], name: str | None, *, any_entry: bool = False) -> UnitHistory:
    """The unit that was meant. Raises InvalidError that names those that there are."""
    known = ", ".join(unit.unit for unit in units) or "none"
    if name:
        found = next((unit for unit in units if unit.unit == name), None)
        if found is None:
            raise InvalidError("NotFound", f"no unit {name!r} has a model; those that have one: {known}")
        return found
    able = [unit for unit in units if any_entry or len(unit.entries) > 1]
    if not able:
        raise InvalidError("NothingToUndo", f"no unit has served another model; units with a model: {known}")
    if len(able) > 1:
        names = ", ".join(unit.unit for unit in able)
        raise InvalidError("InvalidCall", f"several units have served other models; say which with --unit: {names}")
    return able[0]


def chosen_entry(unit: UnitHistory, number: int | None) -> Entry:
    """The model to go back to. A unit that is held already needs a number: the model before it is the one that was left."""
    if number is None and unit.held:
        message = f"{unit.unit} is held at {unit.entries[0].label} already: name another model with --to, or `sdep release` it"
        raise InvalidError("AlreadyHeld", message)
    wanted = 1 if number is None else number
    found = next((entry for entry in unit.entries if entry.number == wanted), None)
    if found is None:
        last = unit.entries[-1].number
        raise InvalidError(
            "NotFound", f"{unit.unit} has no model number {wanted} in its history: give one from 0 to {last}"
        )
    return found
