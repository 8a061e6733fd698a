"""A file of Python as a pod with a Service: somebody else's server, that needs no image of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def served(name: str, namespace: str, image: str, program: Path) -> list[dict[str, Any]]:
    """A Deployment and its Service, whose port 80 leads to the program's 8080; the image needs no more than a `python3`."""
    labels = {"app": name}
    container = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", program.read_text()],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
    named = {"metadata": {"name": name, "namespace": namespace}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            **named,
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            **named,
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
        },
    ]
