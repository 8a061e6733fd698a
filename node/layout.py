"""Where things are: the checkout's own state, and the cache that all checkouts share."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSIDE = "/run/node"  # where the state directory appears inside the node
ADDRESS = "10.200.0.1"


def cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "sdep-node"


@dataclass(frozen=True)
class Layout:
    """The paths of one checkout's node."""

    checkout: Path = HERE.parent

    @property
    def state(self) -> Path:
        return self.checkout / ".cluster"

    @property
    def bin(self) -> Path:
        return self.state / "bin"

    @property
    def config(self) -> Path:
        return self.state / "config"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def gateway(self) -> Path:
        """Holds the loopback address that leads to the Istio gateway."""
        return self.state / "gateway"

    @property
    def forwards(self) -> Path:
        return self.state / "forwards.json"

    @property
    def images(self) -> Path:
        return self.state / "images.json"

    @property
    def init(self) -> Path:
        return self.state / "init.json"

    @property
    def cgroup(self) -> str:
        """The parent of every pod's cgroup; the hash keeps two checkouts' nodes apart."""
        digest = hashlib.sha256(str(self.checkout).encode()).hexdigest()
        return f"sdep-node-{digest[:10]}"
