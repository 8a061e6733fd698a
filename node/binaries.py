"""The programs that are built from Go modules, each cached by what it is made of."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from node import command, digest, toolchain
from node.layout import HERE, Layout, cache
from node.steps import Steps

KUBERNETES = "v1.35.4"
STAMP = "k8s.io/component-base/version"
FLAGS = ("-trimpath", "-buildvcs=false", "-p", "2", "-ldflags")
ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": ""}


@dataclass(frozen=True)
class Program:
    """A program: a package of one of this folder's modules, or of a version of another."""

    name: str
    package: str
    module: str = ""
    stamps: tuple[str, ...] = ()

    def file(self) -> Path:
        return cache() / "bin" / f"{self.name}-{self._digest()}"

    def build(self) -> Path:
        """Return the cached program, built now if it must be."""
        file = self.file()
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
                self._compile(Path(scratch)).rename(file)
        return file

    def _compile(self, scratch: Path) -> Path:
        """Compile with lower priority: a first build takes minutes of every core."""
        go: list[str | Path] = ["nice", "-n", "5", toolchain.go()]
        env = {**ENVIRONMENT, "GOBIN": str(scratch)}
        output = scratch / self.name
        if self.module:
            build = [*go, "build", *FLAGS, self._ldflags(), "-o", output, self.package]
            command.run(build, env=env, cwd=HERE / "go" / self.module)
        else:
            command.run([*go, "install", *FLAGS, self._ldflags(), self.package], env=env, cwd=scratch)
        return output

    def _ldflags(self) -> str:
        return " ".join(["-s -w", *(f"-X {stamp}" for stamp in self.stamps)])

    def _digest(self) -> str:
        words = [self.name, self.package, *FLAGS, self._ldflags(), *ENVIRONMENT.values()]
        return digest.of(words, sorted((HERE / "go" / self.module).glob("*.*")) if self.module else ())


# Without the stamps kubectl and helm cannot tell which Kubernetes they talk to.
_STAMPS = tuple(f"{STAMP}.{stamp}" for stamp in (f"gitVersion={KUBERNETES}", "gitMajor=1", "gitMinor=35"))
NODE = Program("sdep-node", ".", "controlplane", _STAMPS)
PAUSE = Program("pause", ".", "pause")
COREDNS = Program("coredns", ".", "coredns")
ISTIOD = Program("pilot-discovery", "istio.io/istio/pilot/cmd/pilot-discovery", "istio")
ISTIOCTL = Program("istioctl", "istio.io/istio/istioctl/cmd/istioctl", "istio")
# What `helm template` takes the cluster to be, which it does not ask.
_HELM = "helm.sh/helm/v3/pkg/chartutil"
_HELM_STAMPS = (f"{_HELM}.k8sVersionMajor=1", f"{_HELM}.k8sVersionMinor=35")
HELM = Program("helm", "helm.sh/helm/v3/cmd/helm@v3.21.0", stamps=_HELM_STAMPS)
KUBECONFORM = Program("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0")
HEALTH = Program("health", ".", "health")
VERSITYGW = Program("versitygw", "github.com/versity/versitygw/cmd/versitygw@v1.8.0")
LOAD = Program("load", ".", "load")

NEEDED = (NODE, PAUSE, COREDNS, ISTIOD)  # to bring the node up
TOOLS = (ISTIOCTL, HELM, KUBECONFORM, HEALTH)
ALL = (*NEEDED, *TOOLS, VERSITYGW)


def provide(layout: Layout, programs: Iterable[Program], steps: Steps) -> None:
    """Build what is not cached and place everything in the checkout's bin folder."""
    layout.bin.mkdir(parents=True, exist_ok=True)
    for program in programs:
        cached = program.file().exists()
        place(program.build(), layout.bin / program.name)
        if not cached:
            steps.say(f"{program.name} built")
        if program is NODE:
            place(program.file(), layout.bin / "kubectl")


def place(source: Path, target: Path) -> None:
    """Give a file a second name; a running program's file is replaced, never written to."""
    fresh = target.with_name(f".{target.name}")
    fresh.unlink(missing_ok=True)
    try:
        os.link(source, fresh)
    except OSError:  # another file system
        shutil.copy2(source, fresh)
    fresh.rename(target)  # of two names of one file, rename keeps both
    fresh.unlink(missing_ok=True)
