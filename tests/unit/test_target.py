"""Where the demo and the tests run, and what they say where they cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo import target
from demo.target import CLUSTER, ROOT, NoClusterError, choose, foreign


def test_without_root_and_without_a_kubeconfig_one_sentence_says_what_still_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setattr(target.os, "geteuid", lambda: 1000)
    with pytest.raises(NoClusterError, match=r"needs root.*`sdep render` works without a cluster"):
        choose()


def test_a_cluster_of_ones_own_needs_images_that_it_can_pull(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(NoClusterError, match=r"SDEP_OPERATOR_IMAGE.*SDEP_GATEWAY"):
        choose()


def test_the_local_nodes_own_kubeconfig_means_the_local_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(CLUSTER / "kubeconfig"))
    assert not foreign()


def test_rendering_needs_no_cluster() -> None:
    command = [sys.executable, "-m", "sdep", "render", "examples/canary/deployment.yaml"]
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("kind: Deployment") == 2


def test_a_manifest_that_cannot_be_rendered_is_explained_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("kind: SeldonDeployment\nmetadata: {name: x}\nspec: {predictors: [{name: a, graph: 7}]}\n")
    command = [sys.executable, "-m", "sdep", "render", str(broken)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("sdep render: InvalidManifest: apiVersion: Field required; spec.predictors[0].graph:")
