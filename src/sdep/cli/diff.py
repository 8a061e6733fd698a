"""The command `sdep diff`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdep.api.seldon_deployment import API_VERSION, KIND, SeldonDeployment
from sdep.api.status import Pin
from sdep.cli import offline, options
from sdep.cli.documents import read
from sdep.cli.foreseen import foreseen
from sdep.cli.installed import installed_settings
from sdep.cli.output import emit
from sdep.cli.session import Session, in_session
from sdep.cli.terminal import terminal
from sdep.cli.unified import coloured, unified
from sdep.cluster.diff import Changes, diff
from sdep.contract import fitted
from sdep.errors import InvalidError
from sdep.plan import Plan
from sdep.registry.hold import HOLD_ANNOTATION
from sdep.render import KINDS, render
from sdep.render.labels import DEPLOYMENT_ID
from sdep.render.manifest import Key, Manifest, key_of
from sdep.rollout.follow import as_acted_on
from sdep.settings import OperatorSettings
from sdep.status.summary import previous

Body = dict[str, Any]

DESCRIPTION = """Show what the operator would change in the cluster if the manifest were applied: each child that it would create, change
or delete, as a unified diff.

The settings are those of the operator that runs in the cluster, where you may read its Deployment; -f and --set go before them.
The models are those that are pinned now; a changed modelUri is shown as it is written unless --models pins it. Nothing is
written: changed objects are sent to the API server as a dry run, for which you need the right to patch them.

Exits with 0 where nothing would change, with 1 where something would, with 2 or more after an error, like kubectl diff."""
EXAMPLES = (
    "sdep diff deployment.yaml",
    "sdep diff -n models manifests/ --models price=4",
    'sdep diff deployment.yaml -o json | jq \'.changes[] | .action + " " + .kind + " " + .name\'',
)


@dataclass(frozen=True)
class _Change:
    action: str
    key: Key
    lines: list[str]


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_files(parser)
    options.add_models(parser)
    options.add_settings(parser)
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    try:
        return in_session(given, lambda session: _diff(session, given))
    except InvalidError as error:
        if error.reason != "InvalidManifest":
            raise
        raise InvalidError("ManifestRefused", error.message) from error  # 1 would say that there are differences


async def _diff(session: Session, given: argparse.Namespace) -> int:
    changes: list[_Change] = []
    foreign: list[InvalidError] = []
    for document in read(given.files):
        namespace = str((document.body.get("metadata") or {}).get("namespace") or session.namespace)
        settings = offline.chosen_settings(given, await _base(session, given, namespace))
        sdep = offline.valid(document.body, namespace, settings)
        found, taken = await _changes(session, given, sdep, settings)
        changes += found
        foreign += taken
    for error in foreign:
        sys.stderr.write(f"sdep diff: {error.reason}: {error.message}\n")
    _print(given, changes)
    return 1 if changes else 0


async def _changes(
    session: Session, given: argparse.Namespace, sdep: SeldonDeployment, settings: OperatorSettings
) -> tuple[list[_Change], Sequence[InvalidError]]:
    namespace, name = sdep.key
    there = await session.cluster.get(Key(API_VERSION, KIND, namespace, name))
    if there:
        sdep = _as_stored(sdep, there)
    live = await _live(session, sdep)
    plan = await _plan(session, given, sdep, settings, live)
    desired = render(plan)
    missing = [manifest.key for manifest in desired if manifest.key not in live]
    for key, body in zip(missing, await asyncio.gather(*map(session.cluster.get, missing)), strict=True):
        if body:  # somebody else's, without our label
            live[key] = body
    found = diff(desired, live, sdep.metadata.uid)
    return [change async for change in _described(session, found, live, desired)], found.foreign


async def _described(
    session: Session, found: Changes, live: Mapping[Key, Body], desired: Sequence[Manifest]
) -> AsyncIterator[_Change]:
    """Each change with its lines; one that only the API server's own defaults make is none."""
    for manifest in found.create:
        yield _Change("create", manifest.key, unified(_label(manifest.key), None, manifest.body))
    planned = await asyncio.gather(*(session.cluster.dry_run(manifest) for manifest in found.update))
    for manifest, after in zip(found.update, planned, strict=True):
        if lines := unified(_label(manifest.key), live[manifest.key], after):
            yield _Change("update", manifest.key, lines)
    wanted = {manifest.key: manifest.body for manifest in desired}
    for action, bodies in (("delete", found.delete), ("replace", found.replace)):
        for body in bodies:
            key = key_of(dict(body))
            yield _Change(action, key, unified(_label(key), body, wanted.get(key)))


async def _base(session: Session, given: argparse.Namespace, namespace: str) -> Mapping[str, Any]:
    found = await installed_settings(session, namespace)
    if found is None and not (given.settings or given.set or given.runtime_image):
        sys.stderr.write(
            "warning: no operator's settings can be read: its defaults are taken; give them with -f or --set\n"
        )
    return found or {}


def _as_stored(sdep: SeldonDeployment, there: Body) -> SeldonDeployment:
    """The manifest with what only the stored object has: its uid, its status, and the models that people hold."""
    metadata = there["metadata"]
    annotations = dict(sdep.metadata.annotations or {})
    if hold := (metadata.get("annotations") or {}).get(HOLD_ANNOTATION):
        annotations.setdefault(HOLD_ANNOTATION, hold)
    kept = sdep.metadata.model_copy(
        update={"uid": metadata["uid"], "annotations": annotations, "generation": metadata.get("generation", 0)}
    )
    manifest = sdep.model_copy(update={"metadata": kept}).to_manifest()
    manifest["metadata"]["uid"] = metadata["uid"]
    return SeldonDeployment.model_validate({**manifest, "status": there.get("status")}, by_alias=True, by_name=False)


async def _live(session: Session, sdep: SeldonDeployment) -> dict[Key, Body]:
    """What carries the SeldonDeployment's label."""
    namespace, labels = sdep.key[0], _labels(sdep)
    lists = await asyncio.gather(*(session.cluster.objects(api, kind, namespace, labels=labels) for api, kind in KINDS))
    return {key_of(body): body for bodies in lists for body in bodies}


async def _plan(
    session: Session,
    given: argparse.Namespace,
    sdep: SeldonDeployment,
    settings: OperatorSettings,
    live: Mapping[Key, Body],
) -> Plan:
    before = previous(sdep)
    known: Sequence[Pin] = before.models if before else ()
    rollout = before.rollout if before else None
    sdep = as_acted_on(sdep, rollout)
    pins = offline.pins(sdep, given.models, known)
    pods = await session.cluster.objects("v1", "Pod", sdep.key[0], labels=_labels(sdep))
    return foreseen(sdep, rollout, pins, settings, live.values(), pods)


def _labels(sdep: SeldonDeployment) -> str:
    return f"{DEPLOYMENT_ID}={fitted(sdep.metadata.name)}"


def _label(key: Key) -> str:
    return f"{key.kind}/{key.namespace}/{key.name}"


def _print(given: argparse.Namespace, changes: Sequence[_Change]) -> None:
    if given.output:
        dumped = [
            {
                "action": change.action,
                "apiVersion": change.key.api,
                "kind": change.key.kind,
                "namespace": change.key.namespace,
                "name": change.key.name,
                "diff": "\n".join(change.lines),
            }
            for change in changes
        ]
        emit({"changes": dumped}, given.output)
        return
    term = terminal(given.color)
    for change in changes:
        sys.stdout.write("\n".join(coloured(change.lines, term)) + "\n")
