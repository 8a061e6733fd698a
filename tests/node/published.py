"""Types of other operators as they publish them: the CRDs in their Go modules, kept in Go's own cache."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from demo.kubectl import Target
from node import command, toolchain

CRDS = {
    "github.com/kedacore/keda/v2@v2.20.2": ("config/crd/bases", ("keda.sh_scaledobjects",)),
    "github.com/cert-manager/cert-manager@v1.21.2": (
        "deploy/crds",
        ("cert-manager.io_certificates", "cert-manager.io_issuers"),
    ),
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd",
        ("monitoring.coreos.com_podmonitors", "monitoring.coreos.com_prometheusrules"),
    ),
}
"""By module and version: the folder, and the files in it."""


@contextmanager
def types_of_others(target: Target, scratch: Path) -> Iterator[None]:
    """Theirs for as long as the block lasts; what the cluster has already is its owner's, and stays as it is."""
    there = {body["metadata"]["name"] for body in target.get("crd")["items"]}
    made = {name: file for file in _files(scratch) if (name := _name(file)) not in there}
    try:
        for file in made.values():
            target.kubectl("create", "-f", str(file))
        target.kubectl("wait", "--for=condition=Established", "crd", *made, "--timeout=60s")
        yield
    finally:
        target.kubectl("delete", "crd", *made, "--ignore-not-found")


def _files(scratch: Path) -> list[Path]:
    return [
        _module(module, scratch) / folder / f"{name}.yaml" for module, (folder, names) in CRDS.items() for name in names
    ]


def _module(module: str, scratch: Path) -> Path:
    told = command.run([toolchain.go(), "mod", "download", "-json", module], env={"GOTOOLCHAIN": "local"}, cwd=scratch)
    return Path(json.loads(told)["Dir"])


def _name(file: Path) -> str:
    return str(yaml.safe_load(file.read_text())["metadata"]["name"])
