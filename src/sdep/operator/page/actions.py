"""What a person decides on the page, as far as Kubernetes lets that person.

A request carries the person's own bearer token in a header that no other site can make a browser send, and there is no cookie: a
forged request has nothing to act with, so that nothing else is needed against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sdep.api.seldon_deployment import GROUP, PLURAL
from sdep.cluster.client import Cluster
from sdep.cluster.credentials import Credentials
from sdep.cluster.rollout_command import write_command
from sdep.cluster.viewer import Viewer
from sdep.errors import InvalidError
from sdep.operator.store import ObjectName
from sdep.render.manifest import Key
from sdep.rollout.command import Command, Verb

_TOKEN_REVIEWS = Key("authentication.k8s.io/v1", "TokenReview", "", "")
_ACCESS_REVIEWS = Key("authorization.k8s.io/v1", "SubjectAccessReview", "", "")


class Actions:
    """The operator asks with its own account who it is and whether they may; what is written, is written with their token.

    So the operator needs no right to change SeldonDeployments, and the API server's audit log has the person's name.
    """

    def __init__(self, cluster: Cluster, credentials: Credentials, now: Callable[[], str]) -> None:
        self._cluster = cluster
        self._credentials = credentials
        self._now = now

    async def tell(self, name: ObjectName, token: str, verb: Verb, why: str) -> Command:
        """The command as it was written. Raises InvalidError where it may not be, or would change nothing."""
        user = await self._who(token)
        await self._must_be_allowed(user, name)
        command = Command(verb=verb, at=self._now(), by=user["username"], why=why)
        theirs = replace(self._credentials, token=token, token_path=None, certificate_data=None, private_key_data=None)
        viewer = Viewer(theirs)
        try:
            await write_command(viewer, *name, command)
        finally:
            await viewer.close()
        return command

    async def _who(self, token: str) -> dict[str, Any]:
        review = {"apiVersion": _TOKEN_REVIEWS.api, "kind": _TOKEN_REVIEWS.kind, "spec": {"token": token}}
        said = (await self._cluster.create(_TOKEN_REVIEWS, review)).get("status") or {}
        if not said.get("authenticated"):
            raise InvalidError(
                "Unauthenticated", f"Kubernetes does not know this token: {said.get('error') or 'it is not valid'}"
            )
        return dict(said["user"])

    async def _must_be_allowed(self, user: dict[str, Any], name: ObjectName) -> None:
        asked = {"namespace": name[0], "verb": "patch", "group": GROUP, "resource": PLURAL, "name": name[1]}
        known: dict[str, Any] = {part: user[part] for part in ("uid", "groups", "extra") if part in user}
        review = {
            "apiVersion": _ACCESS_REVIEWS.api,
            "kind": _ACCESS_REVIEWS.kind,
            "spec": {"user": user["username"], **known, "resourceAttributes": asked},
        }
        said = (await self._cluster.create(_ACCESS_REVIEWS, review)).get("status") or {}
        if not said.get("allowed"):
            why = f": {said['reason']}" if said.get("reason") else ""
            message = f"{user['username']} may not patch the SeldonDeployment {name[1]} in namespace {name[0]}{why}"
            raise InvalidError("Forbidden", message)
