"""Install the operator with its chart, as a user does."""

from __future__ import annotations

from typing import Any

from demo.kubectl import CommandError, Target, until
from demo.target import ROOT

CHART = ROOT / "charts" / "sdep-operator"
NAMESPACE = "seldon-system"
RELEASE = "sdep-operator"
DEPLOYMENT = "seldon-controller-manager"
HELM = ("helm", "upgrade", "--install", "--take-ownership")
"""A CRD that came another way (kubectl, Seldon Core v1) is taken over."""


READABLE = ("mlflow-credentials", "made-late", "wrong-keys")
"""Secrets that the operator may read: the platform's, and those by which tests show what a missing or a wrong one does."""


def values(target: Target) -> list[str]:
    """Chart values that name the target's images and secrets."""
    flags = ["--set", f"mlflow.credentialsSecrets={{{','.join(READABLE)}}}"]
    for prefix, name in (("image", "operator"), ("runtime.image", "runtime")):
        repository, tag = target.images[name].rsplit(":", 1)
        flags += ["--set", f"{prefix}.repository={repository}", "--set", f"{prefix}.tag={tag}"]
    return [*flags, "--set", "mlflow.resolveIntervalSeconds=2", "--set", "mlflow.servedBy=demo"]


def install(target: Target, *more: str) -> None:
    """`helm upgrade --install`, with more values as `--set` takes them, then the wait of the quick start."""
    given = [*values(target), *(word for value in more for word in ("--set", value))]
    target.run(*HELM, RELEASE, str(CHART), "-n", NAMESPACE, "--create-namespace", *given)
    wait(target)
    target.kubectl("wait", "--for=condition=ready", "pod", "-l", f"app={DEPLOYMENT}", "-n", NAMESPACE, "--timeout=300s")


def wait(target: Target) -> None:
    """Until the operator that is wanted runs, alone; where it does not, the error has its last words."""
    try:
        target.kubectl("rollout", "status", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE, "--timeout=120s")
    except CommandError as error:
        log = target.kubectl("logs", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE, "--tail=20")
        raise CommandError(f"{error}\nthe operator's last words:\n{log}") from error
    until(
        lambda: not any("deletionTimestamp" in pod["metadata"] for pod in pods(target)), "the replaced operator is gone"
    )


def pods(target: Target) -> list[dict[str, Any]]:
    """The operator's pods, those that are on their way out included."""
    found: list[dict[str, Any]] = target.get("pods", "-n", NAMESPACE, "-l", f"app={DEPLOYMENT}")["items"]
    return found


def restart(target: Target) -> None:
    """Kill the operator's pods, the leader and who stands by, and wait for the next ones."""
    selector = ("-n", NAMESPACE, "-l", f"app={DEPLOYMENT}")
    target.kubectl("delete", "pod", *selector, "--grace-period=0", "--force")
    wait(target)


def uninstall(target: Target) -> None:
    """The operator alone: the CRD, and with it every SeldonDeployment, stays."""
    target.run("helm", "uninstall", RELEASE, "-n", NAMESPACE, "--ignore-not-found", "--wait")
