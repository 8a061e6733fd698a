"""Which children must change: what is desired against what is there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sdep.cluster.adopt import fitted
from sdep.cluster.cover import covers
from sdep.errors import InvalidError
from sdep.render.manifest import DIGEST_ANNOTATION, Key, Manifest, digest

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Changes:
    """Objects to create or change, in the order in which they came; objects to delete; and names that others hold."""

    create: tuple[Manifest, ...]
    update: tuple[Manifest, ...]
    delete: tuple[Body, ...]
    foreign: tuple[InvalidError, ...]
    replace: tuple[Body, ...] = ()
    """Live objects that must make way for a desired one of their name."""


def diff(desired: Iterable[Manifest], live: Mapping[Key, Body], owner: str) -> Changes:
    """`live` holds what the cluster has under these names and whatever else `owner` (a uid) owns.

    An object of the right name that somebody else made is neither changed nor adopted: it is `foreign`.
    """
    create, update, foreign, replace = [], [], [], []
    wanted = {manifest.key: manifest for manifest in desired}
    for key, manifest in wanted.items():
        there = live.get(key)
        if there is None:
            create.append(stamped(manifest))
        elif owner_of(there) != owner:
            foreign.append(InvalidError("NameTaken", _taken(key, there)))
        elif there["metadata"].get("deletionTimestamp"):
            continue  # its end wakes us
        elif (fit := fitted(manifest, there)) is None:
            replace.append(there)
        elif not up_to_date(stamped(fit), there):
            update.append(stamped(fit))
    stale = [body for key, body in live.items() if key not in wanted and owner_of(body) == owner]
    return Changes(tuple(create), tuple(update), tuple(stale), tuple(foreign), tuple(replace))


def stamped(manifest: Manifest) -> Manifest:
    """The manifest with its own digest among its annotations."""
    metadata = manifest.body["metadata"]
    annotations = {**metadata.get("annotations", {}), DIGEST_ANNOTATION: digest(manifest.body)}
    return Manifest({**manifest.body, "metadata": {**metadata, "annotations": annotations}})


def up_to_date(desired: Manifest, live: Body) -> bool:
    """Whether every field that is desired is there, and the last apply was of this very manifest."""
    return covers(live, desired.body)


def owner_of(body: Body) -> str:
    """The uid of the controller that owns an object, or ""."""
    references = body["metadata"].get("ownerReferences") or ()
    return next((reference["uid"] for reference in references if reference.get("controller")), "")


def _taken(key: Key, body: Body) -> str:
    references = body["metadata"].get("ownerReferences") or ()
    owner = next((f"{reference['kind']} {reference['name']}" for reference in references), "nobody")
    return f"{key} exists already and is owned by {owner}: rename it or this SeldonDeployment"
