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

from sdep.cluster.exec_credential import exec_credential
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
    verify: bool = True

    def current_token(self) -> str | None:
        return self.token_path.read_text().strip() if self.token_path else self.token

    def ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.ca_data)
        if not self.verify:  # as the kubeconfig says: insecure-skip-tls-verify
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate_data and self.private_key_data:
            # Python loads a client certificate from files alone.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
                pair.write(self.certificate_data + "\n" + self.private_key_data)
                pair.flush()
                context.load_cert_chain(pair.name)
        return context


def load(kubeconfig: Path | None = None, context: str | None = None) -> Credentials:
    """In a pod the service account, else a context (default: the current one) of `kubeconfig`, $KUBECONFIG or ~/.kube/config.

    Whoever names a kubeconfig or a context means it, in a pod too.
    """
    asked = kubeconfig is not None or context is not None
    if not asked and (_ACCOUNT / "token").exists() and "KUBERNETES_SERVICE_HOST" in os.environ:
        return _of_service_account()
    return of_kubeconfig(_read(kubeconfig), context)


def _read(kubeconfig: Path | None) -> dict[str, Any]:
    """One kubeconfig, or the files of $KUBECONFIG put together as kubectl does: the first to name a thing wins."""
    default = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    named = [kubeconfig] if kubeconfig else [Path(part) for part in default.split(os.pathsep) if part]
    paths = [path for path in named if path.exists()]
    if not paths:
        missing = os.pathsep.join(str(path) for path in named)
        raise InvalidError(
            "NoCluster", f"no cluster is known: not in a pod, and {missing} does not exist; set KUBECONFIG"
        )
    merged: dict[str, Any] = {"contexts": [], "clusters": [], "users": []}
    for path in paths:
        config = _relative_to(path.parent, _parsed(path))
        for kind in ("contexts", "clusters", "users"):
            merged[kind] += config.get(kind) or []
        merged["current-context"] = merged.get("current-context") or config.get("current-context")
    return merged


def _parsed(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise InvalidError("NoCluster", f"{path} can not be read: {error}") from error
    if not isinstance(config, dict):
        raise InvalidError("NoCluster", f"{path} is no kubeconfig")
    return config


def _relative_to(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """Files that a kubeconfig names are beside it."""
    for kind, section, names in (
        ("clusters", "cluster", ("certificate-authority",)),
        ("users", "user", ("client-certificate", "client-key", "tokenFile")),
    ):
        for entry in config.get(kind) or ():
            for name in names:
                if value := (entry.get(section) or {}).get(name):
                    entry[section][name] = str(folder / value)
    return config


def _of_service_account() -> Credentials:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    return Credentials(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        ca_data=(_ACCOUNT / "ca.crt").read_text(),
        token_path=_ACCOUNT / "token",
        namespace=(_ACCOUNT / "namespace").read_text().strip(),
    )


def of_kubeconfig(config: dict[str, Any], name: str | None = None) -> Credentials:
    """A context of a kubeconfig, by default its current one.

    Certificates are inline or in files; the user has a token, a client certificate, or a program that gives either.
    """
    name = name or config.get("current-context")
    if not name:
        raise InvalidError("NoCluster", "the kubeconfig has no current context: name one")
    context = _named(config, "contexts", name)["context"]
    cluster = _named(config, "clusters", context["cluster"])["cluster"]
    user = _named(config, "users", context["user"])["user"] or {}
    given = exec_credential(user["exec"]) if user.get("exec") else {}
    return Credentials(
        server=cluster["server"].rstrip("/"),
        ca_data=_data(cluster, "certificate-authority"),
        token=given.get("token") or user.get("token"),
        token_path=Path(user["tokenFile"]) if user.get("tokenFile") else None,
        certificate_data=given.get("clientCertificateData") or _data(user, "client-certificate"),
        private_key_data=given.get("clientKeyData") or _data(user, "client-key"),
        namespace=context.get("namespace") or "default",
        verify=not cluster.get("insecure-skip-tls-verify"),
    )


def _named(config: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    found = next((entry for entry in config.get(kind) or () if entry["name"] == name), None)
    if found is None:
        known = ", ".join(entry["name"] for entry in config.get(kind) or ()) or "none"
        raise InvalidError("NoCluster", f"the kubeconfig has no {kind[:-1]} {name!r}; it has: {known}")
    return dict(found)


def _data(section: dict[str, Any], name: str) -> str | None:
    if inline := section.get(f"{name}-data"):
        return base64.b64decode(inline).decode()
    if path := section.get(name):
        return Path(path).read_text()
    return None
