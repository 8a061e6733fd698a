"""An image with a model inside, built by `sdep image build` and run on the node."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import platform
from demo.kubectl import Target
from demo.target import ROOT, foreign
from node import buildah, images
from node.health import running as running_node
from node.layout import Layout
from tests.node import sdep
from tests.node.forward import forwarded
from tests.node.mlflow import Mlflow

TAG = "localhost/sdep-test-baked:3"
NAMESPACE = "sdep-image"


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A PATH with a buildah that has the node's images."""
    words = " ".join(shlex.quote(str(word)) for word in buildah.program())
    said = " ".join(f"{name}={value}" for name, value in buildah.environment().items())
    program = tmp_path / "buildah"
    program.write_text(f'#!/bin/sh\nexec env {said} BUILDAH_ISOLATION=chroot {words} "$@"\n')
    program.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


@pytest.fixture
def namespace(target: Target) -> Iterator[str]:
    target.kubectl("create", "namespace", NAMESPACE)
    yield NAMESPACE
    target.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.mark.skipif(foreign(), reason="images are brought to the local node, not to a cluster of one's own")
def test_a_baked_model_is_served_without_registry_or_download(
    target: Target, mlflow: Mlflow, tools: str, namespace: str
) -> None:
    """The manifest that the command prints is Ready as it is, and the model of the version that was named answers."""
    asked = ["image", "build", "models:/commodity_price_predictor/1", "--tag", TAG, "--tool", "buildah"]
    with mlflow.answering() as url, forwarded(target, platform.NAMESPACE, "svc/minio-service", 9000) as store:
        done = subprocess.run(
            [sys.executable, "-m", "sdep", *asked, "--base", target.images["runtime"], "--tracking-uri", url],
            cwd=ROOT,
            env={
                **os.environ,
                **platform.CREDENTIALS,
                "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{store}",
                "PATH": tools,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    node = running_node(Layout())
    assert node is not None
    images.bring(node, TAG)
    target.kubectl("apply", "-n", namespace, "-f", "-", stdin=done.stdout)
    name = "commodity-price-predictor"
    target.kubectl("wait", "sdep", name, "-n", namespace, "--for=condition=Ready", "--timeout=180s")
    pods = target.get("pods", "-n", namespace, "-l", f"seldon-deployment-id={name}")["items"]
    assert not any(pod["spec"].get("initContainers") for pod in pods)
    answer = sdep.first_answer(target, namespace, name, [[75.5, 3.2, 1.18]])
    assert isinstance(answer[0][0] if isinstance(answer[0], list) else answer[0], float)
