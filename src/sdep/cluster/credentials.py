"""Where the API server is and who we are: from the pod's service account, or from a kubeconfig."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sdep.errors import InvalidError

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Credentials:
    """`token_path` is read anew for each request, since the kubelet renews what is in it."""

    server: str
    ca_data: str | None = None
    token: str | None = None
    token_path: Path | None = None
    certificate_data: str | None = None
    private_key_data: str | None = None
    namespace: str = "default"

    def current_token(self) -> str | None:
        return self.token_path.read_text().strip() if self.token_path else self.token

    def ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.ca_data)
        if self.certificate_data and self.private_key_data:
            # Python loads a client certificate from files alone.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
                pair.write(self.certificate_data + "\n" + self.private_key_data)
                pair.flush()
                context.load_cert_chain(pair.name)
        return context


def load() -> Credentials:
    """In a pod the service account, else the current context of $KUBECONFIG or ~/.kube/config."""
    if (_ACCOUNT / "token").exists() and "KUBERNETES_SERVICE_HOST" in os.environ:
        return _of_service_account()
    path = Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    if not path.exists():
        raise InvalidError("NoCluster", f"no cluster is known: not in a pod, and {path} does not exist; set KUBECONFIG")
    return of_kubeconfig(yaml.safe_load(path.read_text()))


def _of_service_account() -> Credentials:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    return Credentials(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        ca_data=(_ACCOUNT / "ca.crt").read_text(),
        token_path=_ACCOUNT / "token",
        namespace=(_ACCOUNT / "namespace").read_text().strip(),
    )


def of_kubeconfig(config: dict[str, Any]) -> Credentials:
    """The current context of a kubeconfig; its certificates inline or in files, its user a token or a client certificate."""
    context = _named(config, "contexts", config["current-context"])["context"]
    cluster = _named(config, "clusters", context["cluster"])["cluster"]
    user = _named(config, "users", context["user"])["user"]
    return Credentials(
        server=cluster["server"],
        ca_data=_data(cluster, "certificate-authority"),
        token=user.get("token"),
        certificate_data=_data(user, "client-certificate"),
        private_key_data=_data(user, "client-key"),
        namespace=context.get("namespace", "default"),
    )


def _named(config: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    return next(entry for entry in config[kind] if entry["name"] == name)


def _data(section: dict[str, Any], name: str) -> str | None:
    if inline := section.get(f"{name}-data"):
        return base64.b64decode(inline).decode()
    if path := section.get(name):
        return Path(path).read_text()
    return None
