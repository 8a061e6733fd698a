"""Istio: its types, its control plane as a process of the node, a plain Envoy as its gateway."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

from node import command, digest, toolchain
from node.api import Api
from node.awaiting import await_program
from node.deadline import until
from node.images import GATEWAY
from node.inside import Inside
from node.layout import ADDRESS, HERE, INSIDE, cache

CRDS = {
    "istio.io/istio": "manifests/charts/base/files/crd-all.gen.yaml",
    "sigs.k8s.io/gateway-api": "config/crd/standard/gateway.networking.k8s.io_[!v]*.yaml",
}
"""By module, at the version that the control plane is built from: the files that hold types."""
MODULE = HERE / "go" / "istio"
WEBHOOK = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istio-validator-istio-system"
DEPLOYMENT = "/apis/apps/v1/namespaces/istio-system/deployments/istio-ingressgateway"
ENVIRONMENT = {
    "POD_NAMESPACE": "istio-system",
    "POD_NAME": "istiod-0",
    "REVISION": "default",
    "CLUSTER_ID": "Kubernetes",
    # A plain Envoy lacks the filters of Istio's own build and would refuse the whole configuration.
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
    # Of the Gateway API its routes are wanted: the gateway is there already, and nothing is to be deployed for one.
    "PILOT_ENABLE_GATEWAY_API": "true",
    "PILOT_ENABLE_GATEWAY_API_STATUS": "true",
    "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER": "false",
    "PILOT_ENABLE_GATEWAY_API_GATEWAYCLASS_CONTROLLER": "true",
    "VALIDATION_WEBHOOK_CONFIG_NAME": "istio-validator-istio-system",
}
DISCOVERY = (
    f"--kubeconfig={INSIDE}/config/istiod.kubeconfig",
    f"--meshConfig={INSIDE}/config/mesh.yaml",
    f"--grpcAddr={ADDRESS}:15010",
    "--secureGRPCAddr=",
    "--httpAddr=127.0.0.1:15080",
    f"--httpsAddr={ADDRESS}:15017",
    "--monitoringAddr=127.0.0.1:15014",
    "--ctrlz_port=0",
    "--shutdownDuration=2s",
)


def start(inside: Inside, api: Api) -> None:
    """Start istiod once its types exist, and wait until it answers and judges what is written."""
    api.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=types())
    api.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    api.apply("istiod.yaml")
    inside.start("istiod", ["pilot-discovery", "discovery", *DISCOVERY], env=ENVIRONMENT)
    probe = "curl -fs --max-time 2 http://127.0.0.1:15080/ready >/dev/null 2>&1 && echo yes || true"
    await_program(inside, "istiod", lambda: inside.run("sh", "-c", probe) == "yes\n", 90)
    api.apply("istio-validator.yaml")
    await_program(inside, "istiod", lambda: api.get(WEBHOOK)["webhooks"][0]["failurePolicy"] == "Fail", 120)


def start_gateway(api: Api) -> None:
    api.apply("gateway.yaml", gateway=GATEWAY.reference)
    until(lambda: api.get(DEPLOYMENT)["status"].get("readyReplicas"), 120, "the gateway's pod gets ready")
    until(lambda: answers(api), 60, "the gateway answers through its forward")


def answers(api: Api) -> bool:
    """Tell whether HTTP comes back, whatever the status: without routes it is 404."""
    connection = http.client.HTTPConnection(api.layout.gateway.read_text().strip(), timeout=3)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except http.client.HTTPException:
        return False
    finally:
        connection.close()


def types() -> str:
    """Return the CRDs of Istio and of the Gateway API, out of the modules of the control plane; kept, as that asks Go."""
    kept = cache() / f"istio-crds-{digest.of([*CRDS, *CRDS.values()], [MODULE / 'go.mod'])}.yaml"
    if not kept.exists():
        files = [file for module, pattern in CRDS.items() for file in sorted(_folder(module).glob(pattern))]
        fresh = kept.with_suffix(".new")
        fresh.write_text("\n---\n".join(file.read_text() for file in files))
        fresh.rename(kept)
    return kept.read_text()


def _folder(module: str) -> Path:
    told = command.run([toolchain.go(), "mod", "download", "-json", module], env={"GOFLAGS": "-mod=mod"}, cwd=MODULE)
    return Path(json.loads(told)["Dir"])
