"""What runs pods: containerd, the kubelet, the Service rules and the cluster's names."""

from __future__ import annotations

from node.api import Api
from node.awaiting import await_program
from node.inside import Inside
from node.layout import ADDRESS, INSIDE

CONFIG = f"{INSIDE}/config"
NODE_PATH = "/api/v1/nodes/node"
KUBELET = (
    f"--config={CONFIG}/kubelet.yaml",
    f"--kubeconfig={CONFIG}/kubelet.kubeconfig",
    f"--root-dir={INSIDE}/kubelet",
    f"--cert-dir={INSIDE}/kubelet/pki",
    "--hostname-override=node",
    f"--node-ip={ADDRESS}",
)


def start_containerd(inside: Inside) -> None:
    inside.run("mkdir", "-p", "/etc/cni/net.d")
    inside.run("cp", f"{CONFIG}/pods.conflist", "/etc/cni/net.d/")
    inside.start("containerd", ["containerd", "--config", f"{CONFIG}/containerd.toml"])
    await_program(inside, "containerd", lambda: _answers(inside), 60)


def _answers(inside: Inside) -> bool:
    return inside.run("sh", "-c", "ctr version >/dev/null 2>&1 && echo yes || true") == "yes\n"


def start_kubelet(inside: Inside, api: Api) -> None:
    inside.start("kubelet", ["sdep-node", "kubelet", *KUBELET])
    await_program(inside, "kubelet", lambda: ready(api), 90)


def ready(api: Api) -> bool:
    conditions = api.get(NODE_PATH)["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def start_proxy(inside: Inside) -> None:
    """Start it after the node is known: it would wait long for the address otherwise."""
    inside.start("kube-proxy", ["sdep-node", "kube-proxy", f"--config={CONFIG}/kube-proxy.yaml"])
    address = "https://10.96.0.1/readyz"
    probe = f"curl -fsk --max-time 2 {address} >/dev/null 2>&1 && echo yes || true"
    await_program(inside, "kube-proxy", lambda: inside.run("sh", "-c", probe) == "yes\n", 60)


def start_dns(inside: Inside, api: Api) -> None:
    api.apply("dns.yaml")
    inside.start("coredns", ["coredns", "-conf", f"{CONFIG}/Corefile"])
    probe = "curl -fs --max-time 2 http://127.0.0.1:8181/ready >/dev/null 2>&1 && echo yes || true"
    await_program(inside, "coredns", lambda: inside.run("sh", "-c", probe) == "yes\n", 60)
