"""What a service account was granted, and what it really called, by the API server's audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from demo.kubectl import Target

Right = tuple[str, str, str]
"""Group, resource with its subresource, verb."""

_CREATED, _FORBIDDEN = 201, 403


@dataclass(frozen=True)
class Call:
    """A request to the API server and its outcome."""

    right: Right
    name: str
    code: int

    @property
    def forbidden(self) -> bool:
        return self.code == _FORBIDDEN


def calls(target: Target, namespace: str, account: str) -> list[Call]:
    """Every call of a service account that exists now, about objects."""
    uid = target.get("serviceaccount", account, "-n", namespace)["metadata"]["uid"]
    log = target.kubeconfig.parent / "log" / "audit.log"
    events = (json.loads(line) for line in log.read_text().splitlines() if uid in line)
    about_objects = (event for event in events if "resource" in event.get("objectRef", {}))
    return [_call(event) for event in about_objects if event["user"].get("uid") == uid]


def used(found: list[Call]) -> set[Right]:
    """The rights that the calls needed. A patch that makes its object needs the right to create besides."""
    needed = {call.right for call in found if not call.forbidden}
    made = {call.right for call in found if call.code == _CREATED}
    return needed | {(group, resource, "create") for group, resource, _ in made}


def granted(target: Target, release: str) -> set[Right]:
    """What the Roles and ClusterRoles of a release grant."""
    roles = target.get("roles,clusterroles", "-A", "-l", f"app.kubernetes.io/instance={release}")["items"]
    return {right for role in roles for rule in role["rules"] for right in _rights(rule)}


def _call(event: dict[str, Any]) -> Call:
    about = event["objectRef"]
    resource = "/".join([about["resource"], *filter(None, [about.get("subresource")])])
    right = (about.get("apiGroup", ""), resource, event["verb"])
    return Call(right, about.get("name", ""), event["responseStatus"]["code"])


def _rights(rule: dict[str, Any]) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                yield group, resource, verb
