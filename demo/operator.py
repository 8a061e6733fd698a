"""Install the operator with its chart, as a user does."""

from __future__ import annotations

from demo.kubectl import Target
from demo.target import ROOT

CHART = ROOT / "charts" / "sdep-operator"
NAMESPACE = "seldon-system"
RELEASE = "sdep-operator"


def values(target: Target) -> list[str]:
    """Chart values that name the target's images."""
    flags = []
    for prefix, name in (("image", "operator"), ("runtime.image", "runtime")):
        repository, tag = target.images[name].rsplit(":", 1)
        flags += ["--set", f"{prefix}.repository={repository}", "--set", f"{prefix}.tag={tag}"]
    return [*flags, "--set", "mlflow.resolveIntervalSeconds=2"]


def install(target: Target) -> None:
    """`helm upgrade --install`, then the wait of the quick start."""
    target.run(
        "helm", "upgrade", "--install", RELEASE, str(CHART), "-n", NAMESPACE, "--create-namespace", *values(target)
    )
    target.kubectl("rollout", "status", "deployment/seldon-controller-manager", "-n", NAMESPACE, "--timeout=300s")
    target.kubectl(
        "wait", "--for=condition=ready", "pod", "-l", "app=seldon-controller-manager", "-n", NAMESPACE, "--timeout=300s"
    )


def uninstall(target: Target) -> None:
    target.run("helm", "uninstall", RELEASE, "-n", NAMESPACE, "--ignore-not-found", "--wait")
    target.kubectl("delete", "crd", "seldondeployments.machinelearning.seldon.io", "--ignore-not-found")
    target.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
