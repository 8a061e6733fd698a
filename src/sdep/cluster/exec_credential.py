"""Credentials that a kubeconfig leaves to a program: `user.exec`, as the kubeconfigs of the large cloud providers have it.

The protocol is https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from sdep.errors import InvalidError

_TIMEOUT_SECONDS = 60


def exec_credential(spec: dict[str, Any]) -> dict[str, Any]:
    """The `status` that the program prints: a token, or a client certificate with its key."""
    environment = {**os.environ, **{entry["name"]: entry["value"] for entry in spec.get("env") or ()}}
    request = {"apiVersion": spec["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(request)
    command = [spec["command"], *(spec.get("args") or ())]
    try:
        # The kubeconfig names the program, as it does for kubectl.
        done = subprocess.run(  # noqa: S603
            command, env=environment, capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InvalidError("NoCredentials", f"the kubeconfig's {spec['command']} can not be run: {error}") from error
    if done.returncode:
        said = done.stderr.strip() or f"exit code {done.returncode}"
        raise InvalidError("NoCredentials", f"the kubeconfig's {spec['command']} gives no credentials: {said}")
    try:
        status: dict[str, Any] = json.loads(done.stdout)["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidError("NoCredentials", f"the kubeconfig's {spec['command']} prints no ExecCredential") from error
    return status
