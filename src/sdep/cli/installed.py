"""The settings of the operator that runs in the cluster, by which it renders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sdep.cli.session import Session
from sdep.errors import SdepError
from sdep.settings import PREFIX, from_environment

_OPERATOR = "app=seldon-controller-manager"


async def installed_settings(session: Session, namespace: str) -> dict[str, Any] | None:
    """Of the operator that watches the namespace; None where none is found, or where this user may not look for it."""
    try:
        found = await session.cluster.objects("apps/v1", "Deployment", None, labels=_OPERATOR)
    except SdepError:  # a user of one namespace may not list those of the others
        return None
    for deployment in found:
        settings = _settings(deployment)
        if settings is not None and (not settings.get("namespaces") or namespace in settings["namespaces"]):
            return settings
    return None


def _settings(deployment: Mapping[str, Any]) -> dict[str, Any] | None:
    """From the variables of its containers; what they take from elsewhere (a secret, the pod) is not for rendering."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    environment = {
        variable["name"]: variable["value"]
        for container in containers
        for variable in container.get("env") or ()
        if variable["name"].startswith(PREFIX) and "value" in variable
    }
    try:
        return from_environment(environment).model_dump(exclude_unset=True)
    except ValidationError:  # an operator of another version, or v1's
        return None
