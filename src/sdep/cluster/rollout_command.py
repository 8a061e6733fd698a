"""A word to a rollout is written: by the command line, and by the page for whoever looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.diagnosis.rollout import RolloutView, rollout_view
from sdep.diagnosis.sensible import sensible
from sdep.errors import InvalidError, TransientError
from sdep.render.manifest import Key
from sdep.rollout.command import COMMAND_ANNOTATION, Command

if TYPE_CHECKING:  # aiohttp is imported when a cluster is asked, since completion and reference load every command
    from sdep.cluster.viewer import Viewer

_TRIES = 5
"""The operator writes the status of a running rollout at every look: each write can come between our read and ours."""


async def write_command(
    cluster: Viewer, namespace: str, name: str, command: Command, tries: int = _TRIES
) -> RolloutView:
    """The rollout as it was when the annotation was written. Raises InvalidError where the command would change nothing."""
    body = await cluster.get(Key(API_VERSION, KIND, namespace, name))
    if body is None:
        raise InvalidError("NotFound", f"there is no SeldonDeployment {name!r} in namespace {namespace}")
    rollout = sensible(command.verb, name, rollout_view(body.get("status") or {}))
    try:
        await cluster.annotate(body, COMMAND_ANNOTATION, command.model_dump_json(by_alias=True, exclude_defaults=True))
    except TransientError as error:
        if error.reason != "Conflict" or tries <= 1:
            raise
        return await write_command(cluster, namespace, name, command, tries - 1)
    return rollout
