"""Pods that stand in for predictors: each answers who it is, over HTTP and gRPC, and tells how many requests of a test it has seen."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from demo.kubectl import Target
from tests.node.forward import forwarded

_PROGRAM = Path(__file__).with_name("stand_in_server.py")


def deployment(namespace: str, predictor: str, image: str, certificate: str = "") -> dict[str, Any]:
    """A Deployment of one pod, whose image needs no more than a `python3`. With a certificate (and its key) it speaks HTTPS alone."""
    labels = {"stand-in": predictor, "version": predictor}
    container = {
        "name": "stand-in",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", _PROGRAM.read_text()],
        "env": [{"name": "PREDICTOR", "value": predictor}, {"name": "CERTIFICATE", "value": certificate}],
        "ports": [{"name": "http", "containerPort": 8000}, {"name": "grpc", "containerPort": 5001}],
        "readinessProbe": {
            "httpGet": {"path": "/", "port": 8000, "scheme": "HTTPS" if certificate else "HTTP"},
            "periodSeconds": 1,
        },
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": predictor, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def seen(target: Target, namespace: str, predictor: str, test: str) -> int:
    """Requests of a test that reached the predictor, mirrored ones included."""
    with (
        forwarded(target, namespace, f"deploy/{predictor}", 8000) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer,
    ):
        return int(json.load(answer).get(test, 0))
