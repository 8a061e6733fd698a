"""What the steps of a pipeline do: the command line's work, for the account that the step runs as. Nothing here knows kfp.

Each raises SdepError, which fails the step; its message says what to do.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import yaml

from sdep.cli.ages import now
from sdep.cli.commanding import obeyed
from sdep.cli.rollout_view import summary
from sdep.cli.session import Session, in_session
from sdep.cli.undo import chosen_entry, chosen_unit, hold_at
from sdep.cli.watching import SELDON_DEPLOYMENTS, Watching
from sdep.cluster.rollout_command import write_command
from sdep.diagnosis.rollout import rollout_view
from sdep.diagnosis.served import histories
from sdep.errors import InvalidError, TransientError
from sdep.pipelines.model import with_model
from sdep.pipelines.waiting import reached
from sdep.rollout.command import Command, Verb

MANAGER = "sdep-pipelines"
"""Of the fields that `deploy` applies."""
_BY = "pipeline"
"""Who decided, in holds and in the history of rollouts."""


def deploy(manifest: str, namespace: str, model_uri: str, unit: str, *, take_over: bool) -> str:
    body = _seldon_deployment(manifest)
    if model_uri:
        body = with_model(body, model_uri, unit)
    metadata = body["metadata"]
    stated = metadata.get("namespace") or ""
    if namespace and stated not in {"", namespace}:
        raise InvalidError(
            "InvalidCall", f"the manifest says namespace {stated}, and the step says {namespace}: say one"
        )

    async def apply(session: Session) -> str:
        there = {**body, "metadata": {**metadata, "namespace": session.namespace}}
        try:
            await session.cluster.apply_as(MANAGER, there, take_over=take_over)
        except TransientError as error:
            if error.reason != "Conflict":
                raise
            message = f"{error.message}: leave these fields out, or say take_over to make them this pipeline's"
            raise InvalidError("Conflict", message) from error
        return str(metadata["name"])

    return _done(namespace or stated, apply)


def wait(name: str, namespace: str, condition: str, version: str, minutes: float) -> str:
    async def watch(session: Session) -> str:
        said = "nothing yet"
        try:
            async with asyncio.timeout(minutes * 60), Watching(session, SELDON_DEPLOYMENTS) as watching:
                while True:
                    await watching.changed()
                    done, said = reached(await session.seldon_deployment(name), condition, version)
                    if done:
                        return said
        except TimeoutError as error:
            message = f"{name}: {condition} is not True within {minutes:g} minutes; it says: {said}"
            raise TransientError("NotReached", message) from error

    return _done(namespace, watch)


def promote(name: str, namespace: str, why: str, minutes: float, *, full: bool) -> str:
    verb: Verb = "complete" if full else "promote"
    return _done(namespace, lambda session: _tell(session, name, verb, why, minutes))


def roll_back(name: str, namespace: str, unit: str, why: str, minutes: float) -> str:
    async def turn(session: Session) -> str:
        body = await session.seldon_deployment(name)
        rollout = rollout_view(body.get("status") or {})
        if rollout and rollout.phase in {"Progressing", "Paused"}:
            return await _tell(session, name, "abort", why, minutes)
        chosen = chosen_unit(histories(body), unit or None)
        entry = chosen_entry(chosen, None)
        await hold_at(session, body, chosen, entry, by=_BY, why=why)
        return f"{chosen.unit} goes from {chosen.entries[0].label} back to {entry.label} and is held there"

    return _done(namespace, turn)


async def _tell(session: Session, name: str, verb: Verb, why: str, minutes: float) -> str:
    command = Command(verb=verb, at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}", by=_BY, why=why)
    await write_command(session.cluster, session.namespace, name, command)
    rollout = await obeyed(session, name, command, minutes * 60)
    return f"{name} has obeyed {verb}; {summary(rollout)}"


def _done(namespace: str, work: Callable[[Session], Awaitable[str]]) -> str:
    """Do it with the account of the step's pod, or, where a pipeline runs on somebody's machine, with $KUBECONFIG."""
    said = in_session(argparse.Namespace(namespace=namespace or None, kubeconfig=None, context=None), work)
    print(said)  # noqa: T201 - the step's log
    return said


def _seldon_deployment(text: str) -> dict[str, Any]:
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidError("InvalidManifest", f"manifest is no YAML: {error}") from error
    if not isinstance(body, dict) or body.get("kind") != "SeldonDeployment":
        raise InvalidError("InvalidManifest", "manifest is no SeldonDeployment: give one, and nothing else")
    if not (isinstance(body.get("metadata"), dict) and body["metadata"].get("name")):
        raise InvalidError("InvalidManifest", "metadata.name is missing")
    return body
