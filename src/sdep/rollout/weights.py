"""Which share of the traffic each predictor gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sdep.api.predictor import WHOLE, Predictor
from sdep.api.status import RolloutStatus
from sdep.plan import Weights


def requested(predictors: Sequence[Predictor]) -> Weights:
    """The weights that the manifest means.

    Live weights that sum to 100 are taken as written. Otherwise every live predictor but the first keeps its number and the
    first takes what is left, so that a patch of the canary alone sends it just that; when the others exceed 100 by
    themselves, the first gets 0 and they share in proportion. A lone predictor gets everything.
    """
    live = [predictor for predictor in predictors if not predictor.shadow]
    shadows = [predictor for predictor in predictors if predictor.shadow]
    mirror = {shadow.name: WHOLE if shadow.traffic is None else min(shadow.traffic, WHOLE) for shadow in shadows}
    return Weights(live=_live(live), mirror=mirror)


def answerable(weights: Weights, ready: Collection[str]) -> Weights:
    """The same weights with the share of predictors that cannot answer given to those that can, in proportion.

    Where nobody can answer, or nobody ready was given a share, the weights stay: there is no better place to send a request.
    """
    able = {name: weight for name, weight in weights.live.items() if name in ready}
    if len(able) == len(weights.live) or sum(able.values()) == 0:
        return weights
    shares = _in_proportion(able)
    return replace(weights, live={name: shares.get(name, 0) for name in weights.live})


def _live(live: Sequence[Predictor]) -> dict[str, int]:
    if not live:
        return {}
    first, others = live[0], live[1:]
    written = {predictor.name: predictor.traffic or 0 for predictor in live}
    if len(live) == 1:
        return {first.name: WHOLE}
    if sum(written.values()) == WHOLE:
        return written
    rest = {predictor.name: written[predictor.name] for predictor in others}
    taken = sum(rest.values())
    if taken <= WHOLE:
        return {first.name: WHOLE - taken, **rest}
    return {first.name: 0, **_in_proportion(rest)}


def _in_proportion(parts: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers that sum to 100 and differ from the exact shares by less than one (largest remainder method)."""
    total = sum(parts.values())
    shares = {name: part * WHOLE // total for name, part in parts.items()}
    by_remainder = sorted(parts, key=lambda name: -(parts[name] * WHOLE % total))
    for name in by_remainder[: WHOLE - sum(shares.values())]:
        shares[name] += 1
    return shares


def on_trial(asked: Weights, rollout: RolloutStatus | None) -> Weights:
    """The same weights with what canary and stable get together parted as the rollout says; a baseline gets as much as the canary."""
    if rollout is None or not {rollout.canary, rollout.stable} <= asked.live.keys():
        return asked
    compared = rollout.baseline in asked.live and rollout.phase in {"Progressing", "Paused"}
    beside = [rollout.canary, rollout.baseline] if compared else [rollout.canary]
    together = asked.live[rollout.canary] + asked.live[rollout.stable]
    each = min(round(together * rollout.weight / WHOLE), together // len(beside))
    live = {**asked.live, **dict.fromkeys(beside, each), rollout.stable: together - each * len(beside)}
    mirror = {**asked.mirror, **dict.fromkeys(beside, rollout.mirror)} if rollout.mirror else asked.mirror
    return Weights(live, mirror)
