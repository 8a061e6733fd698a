"""etcd, the API server and what acts on its objects."""

from __future__ import annotations

from node.api import Api
from node.awaiting import await_program
from node.inside import Inside
from node.layout import ADDRESS, INSIDE

PKI = f"{INSIDE}/pki"
CONFIG = f"{INSIDE}/config"
SERVICES = "10.96.0.0/16"
FAST = ("--kube-api-qps=200", "--kube-api-burst=400")

API_SERVER = (
    "--etcd-servers=http://127.0.0.1:2379",
    "--secure-port=6443",
    f"--advertise-address={ADDRESS}",
    f"--service-cluster-ip-range={SERVICES}",
    "--allow-privileged=true",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    # The node's name is known to nobody but the node: logs and exec go to its address.
    "--kubelet-preferred-address-types=InternalIP",
    f"--client-ca-file={PKI}/ca.crt",
    f"--tls-cert-file={PKI}/server.crt",
    f"--tls-private-key-file={PKI}/server.key",
    f"--kubelet-client-certificate={PKI}/apiserver-kubelet.crt",
    f"--kubelet-client-key={PKI}/apiserver-kubelet.key",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    f"--service-account-key-file={PKI}/service-account.crt",
    f"--service-account-signing-key-file={PKI}/service-account.key",
    f"--audit-policy-file={CONFIG}/audit.yaml",
    f"--audit-log-path={INSIDE}/log/audit.log",
    "--audit-log-mode=batch",
    "--audit-log-maxsize=100",
    "--audit-log-maxbackup=1",
)
CONTROLLER_MANAGER = (
    f"--kubeconfig={CONFIG}/controller-manager.kubeconfig",
    f"--root-ca-file={PKI}/ca.crt",
    f"--service-account-private-key-file={PKI}/service-account.key",
    f"--cluster-signing-cert-file={PKI}/ca.crt",
    f"--cluster-signing-key-file={PKI}/ca.key",
    "--use-service-account-credentials=true",
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    "--node-monitor-grace-period=10m",  # there is no other node to go to: a slow machine must not take all pods out of service
    *FAST,
)
SCHEDULER = (
    f"--kubeconfig={CONFIG}/scheduler.kubeconfig",
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    *FAST,
)


def start(inside: Inside, api: Api) -> None:
    """Start the four and wait until the API server says that it is ready."""
    inside.start("etcd", ["sdep-node", "etcd", "-data-dir", f"{INSIDE}/etcd"])
    inside.start("kube-apiserver", ["sdep-node", "kube-apiserver", *API_SERVER])
    await_program(inside, "kube-apiserver", lambda: api.get("/readyz") == "ok", 90)
    inside.start("kube-controller-manager", ["sdep-node", "kube-controller-manager", *CONTROLLER_MANAGER])
    inside.start("kube-scheduler", ["sdep-node", "kube-scheduler", *SCHEDULER])
