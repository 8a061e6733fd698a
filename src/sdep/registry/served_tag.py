"""Where a version is served, as a tag of the version: read, and what it should be. Pure.

One tag for each cluster, so that one search finds them all and nothing is left behind by whoever is gone: its value names every
predictor that serves the version, with its share of the traffic: `data/prices/main=80% data/prices/shadow=mirror:100%`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sdep.registry.webhook import OWN_TAG

Version = tuple[str, str]
"""The name of a registered model, and the number of a version."""


@dataclass(frozen=True)
class Serving:
    """One version in one predictor, `namespace/name/predictor`. Not `settled`: old pods may still serve what was served before.

    `share` is "" where no pod of a settled predictor answers.
    """

    predictor: str
    version: Version
    share: str
    settled: bool


def key(cluster: str) -> str:
    return OWN_TAG + cluster


def share(percent: int, *, mirrored: bool) -> str:
    return f"mirror:{percent}%" if mirrored else f"{percent}%"


def changes(
    tagged: Mapping[Version, str], serving: Iterable[Serving], *, unsettled: Callable[[str], bool]
) -> dict[Version, str]:
    """The tags that must change: what each has to say, "" where it has to go.

    Of predictors that are `unsettled`, or not settled in `serving`, tags go on saying what they say.
    """
    told = list(serving)
    moving = {one.predictor for one in told if not one.settled}
    wanted: dict[Version, dict[str, str]] = {}
    for one in told:
        if one.settled and one.share:
            wanted.setdefault(one.version, {})[one.predictor] = one.share
    changed: dict[Version, str] = {}
    for version in {*tagged, *wanted}:
        stays = {
            predictor: part
            for predictor, part in _read(tagged.get(version, "")).items()
            if predictor in moving or unsettled(predictor)
        }
        said = _written({**stays, **wanted.get(version, {})})
        if said != tagged.get(version, ""):
            changed[version] = said
    return changed


def _read(value: str) -> dict[str, str]:
    parted = (entry.partition("=") for entry in value.split())
    return {predictor: part for predictor, _, part in parted if part}


def _written(entries: Mapping[str, str]) -> str:
    return " ".join(f"{predictor}={part}" for predictor, part in sorted(entries.items()))
