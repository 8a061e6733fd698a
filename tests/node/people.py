"""People as Kubernetes knows them: ServiceAccounts with tokens of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from demo.kubectl import Target

ANN, BOB = "ann", "bob"
_DECIDES = "decides-on-rollouts"


@contextmanager
def people(target: Target, namespace: str) -> Iterator[dict[str, str]]:
    """The tokens of Ann, who may get and patch SeldonDeployments of the namespace, and of Bob, who may nothing."""
    made = (f"serviceaccount/{ANN}", f"serviceaccount/{BOB}", f"role/{_DECIDES}", f"rolebinding/{_DECIDES}")
    for name in (ANN, BOB):
        target.kubectl("create", "serviceaccount", name, "-n", namespace)
    target.kubectl("create", "role", _DECIDES, "-n", namespace, "--verb=get,patch", "--resource=seldondeployments")
    account = f"--serviceaccount={namespace}:{ANN}"
    target.kubectl("create", "rolebinding", _DECIDES, "-n", namespace, f"--role={_DECIDES}", account)
    try:
        yield {name: target.kubectl("create", "token", name, "-n", namespace).strip() for name in (ANN, BOB)}
    finally:
        target.kubectl("delete", *made, "-n", namespace)
