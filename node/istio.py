"""Istio: its types, its control plane as a process of the node, a plain Envoy as its gateway."""

from __future__ import annotations

import http.client

from node import command, digest, toolchain
from node.api import Api
from node.awaiting import await_program
from node.deadline import until
from node.images import GATEWAY
from node.inside import Inside
from node.layout import ADDRESS, HERE, INSIDE, cache

CRDS = "manifests/charts/base/files/crd-all.gen.yaml"
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
    "PILOT_ENABLE_GATEWAY_API": "false",
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
    api.kubectl("wait", "--for=condition=Established", "crd", "-l", "chart=istio", "--timeout=60s")
    api.apply("istiod.yaml")
    inside.start("istiod", ["pilot-discovery", "discovery", *DISCOVERY], env=ENVIRONMENT)
    probe = "curl -fs --max-time 2 http://127.0.0.1:15080/ready >/dev/null 2>&1 && echo yes || true"
    await_program(inside, "istiod", lambda: inside.run("sh", "-c", probe) == "yes\n", 90)
    api.apply("istio-validator.yaml")
    await_program(inside, "istiod", lambda: api.get(WEBHOOK)["webhooks"][0]["failurePolicy"] == "Fail", 30)


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
    """Return Istio's CRDs, out of the module its control plane is built from; kept, as that asks Go."""
    module = HERE / "go" / "istio"
    kept = cache() / f"istio-crds-{digest.of([CRDS], [module / 'go.mod'])}.yaml"
    if not kept.exists():
        folder = command.run(
            [toolchain.go(), "list", "-m", "-f", "{{.Dir}}", "istio.io/istio"], env={"GOFLAGS": "-mod=mod"}, cwd=module
        )
        fresh = kept.with_suffix(".new")
        fresh.write_text(command.run(["cat", f"{folder.strip()}/{CRDS}"]))
        fresh.rename(kept)
    return kept.read_text()
