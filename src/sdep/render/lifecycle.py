"""How containers with other images than ours are probed and stopped, as in Seldon Core v1."""

from __future__ import annotations

from typing import Any

DRAIN = {"preStop": {"exec": {"command": ["/bin/sh", "-c", "/bin/sleep 10"]}}}
"""Time for every route to the pod to be taken away."""


def tcp_probe(port: int | str, delay: int, failures: int = 3) -> dict[str, Any]:
    return {
        "tcpSocket": {"port": port},
        "initialDelaySeconds": delay,
        "periodSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": failures,
        "timeoutSeconds": 1,
    }
