"""Which cluster: the one that KUBECONFIG names, else the local node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from demo.kubectl import Target

ROOT = Path(__file__).resolve().parents[1]
CLUSTER = ROOT / ".cluster"
IMAGES = ("operator", "runtime", "mlflow", "s3")


class NoClusterError(Exception):
    """Nowhere to run; the message is the one sentence that says what still works."""


def choose() -> Target:
    """The target, made ready: a local node is started and given the images if it is not there yet."""
    if foreign():
        return _given()
    if os.geteuid() != 0:
        raise NoClusterError(
            "There is no KUBECONFIG, and the local node needs root: run as root, or set KUBECONFIG; "
            "`sdep render` works without a cluster."
        )
    return local_node()


def foreign() -> bool:
    """Whether KUBECONFIG names a cluster that is not the local node."""
    named = os.environ.get("KUBECONFIG")
    return bool(named) and Path(str(named)).resolve() != (CLUSTER / "kubeconfig").resolve()


def local_node() -> Target:
    """The local node, started or found running, with every image imported."""
    for command in ("up", "images"):
        if subprocess.run([sys.executable, "-m", "node", command], cwd=ROOT, check=False).returncode:
            raise NoClusterError(
                "The local node could not be started (its reason is above); `sdep render` works without a cluster."
            )
    return Target(
        kubeconfig=CLUSTER / "kubeconfig",
        gateway=(CLUSTER / "gateway").read_text().strip(),
        images=json.loads((CLUSTER / "images.json").read_text()),
        tools=str(CLUSTER / "bin"),
    )


def _given() -> Target:
    missing = [f"SDEP_{name.upper()}_IMAGE" for name in IMAGES if not os.environ.get(f"SDEP_{name.upper()}_IMAGE")]
    if missing or not os.environ.get("SDEP_GATEWAY"):
        needed = ", ".join([*missing, "SDEP_GATEWAY"])
        raise NoClusterError(
            f"KUBECONFIG is given, so that cluster is used; name images that it can pull and a loopback host:port that is "
            f"forwarded to its Istio gateway: {needed}."
        )
    return Target(
        kubeconfig=Path(os.environ["KUBECONFIG"]),
        gateway=os.environ["SDEP_GATEWAY"],
        images={name: os.environ[f"SDEP_{name.upper()}_IMAGE"] for name in IMAGES},
    )
