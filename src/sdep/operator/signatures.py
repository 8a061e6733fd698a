"""What the models of two predictors take, and whether they answer their own examples: a pod of each is asked before the first request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sdep.api.predictor import Predictor
from sdep.contract import METADATA_PATH
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.plan import Plan
from sdep.rollout.analysis.inputs import break_between, serves, unanswered
from sdep.rollout.metadata import GraphMetadata
from sdep.rollout.trial import Trial
from sdep.status.pods import is_ready

_PODS = 3
"""How many of a side are asked: one is enough, and the newest are the likeliest to have the model that is meant."""


@dataclass(frozen=True)
class Checked:
    """`broken`: what is wrong with the canary, for a `reason`. `awaited`: why nothing is known yet."""

    broken: str = ""
    reason: str = ""
    awaited: str = ""


async def checked(door: EvidenceDoor, plan: Plan, trial: Trial, asked: Sequence[Asked]) -> Checked:
    """What the pods of both predictors say of their inputs and input examples, compared."""
    found = {predictor.name: predictor for predictor in plan.predictors}
    if not {trial.canary, trial.reference} <= found.keys():
        return Checked()
    stable, canary = found[trial.reference], found[trial.canary]
    of_stable, of_canary = await asyncio.gather(
        described(door, plan, stable, [one for one in asked if one.side == "stable"]),
        described(door, plan, canary, [one for one in asked if one.side == "canary"]),
    )
    if of_stable is None or of_canary is None:
        silent = " and ".join(one.name for one, told in ((stable, of_stable), (canary, of_canary)) if told is None)
        return Checked(
            awaited=f"no ready pod of {silent} with the pinned models tells its inputs at {METADATA_PATH}; "
            "analysis: {signature: Ignore, inputExample: Ignore} goes on without"
        )
    analysis = trial.spec.analysis
    broken = break_between((stable.graph, of_stable), (canary.graph, of_canary))
    if broken and analysis.signature == "Check":
        return Checked(f"{canary.name} takes other inputs than {stable.name}: {broken}", "SignatureBroken")
    failed = unanswered(of_stable, of_canary)
    if failed and analysis.input_example == "Check":
        return Checked(
            f"{canary.name} cannot answer the input example of its own model: {failed}", "InputExampleFailed"
        )
    return Checked()


async def described(
    door: EvidenceDoor, plan: Plan, predictor: Predictor, asked: Sequence[Asked]
) -> GraphMetadata | None:
    """What one pod tells that serves what is meant: pods of the version before may still be there. None while there is none."""
    pins = {unit: pin for (name, unit), pin in plan.pins.items() if name == predictor.name}
    pods = sorted((one for one in asked if is_ready(one.pod)), key=_began, reverse=True)[:_PODS]
    found = await asyncio.gather(*(door.metadata(one) for one in pods))
    return next((told for told in found if told is not None and serves(told, pins)), None)


def _began(asked: Asked) -> str:
    return str(asked.pod["metadata"].get("creationTimestamp", ""))
