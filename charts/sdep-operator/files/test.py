"""What `helm test` runs: the operator is ready, and the API server serves the kind that it works on."""

# ruff: noqa: INP001 - a script
import json
import os
import ssl
import sys
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
GROUP = "/apis/machinelearning.seldon.io/v1"


def ask(url: str, token: str = "") -> str:
    """The body of the answer; an answer that is not 200 raises."""
    tls = ssl.create_default_context(cafile=ACCOUNT / "ca.crt") if token else None
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10, context=tls) as answer:  # noqa: S310
        return str(answer.read().decode())


api = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
sys.stdout.write(f"operator: {ask(os.environ['OPERATOR'] + '/readyz')}\n")
served = {kind["name"] for kind in json.loads(ask(api + GROUP, (ACCOUNT / "token").read_text().strip()))["resources"]}
missing = {"seldondeployments", "seldondeployments/scale", "seldondeployments/status"} - served
sys.stdout.write(f"custom resource: {'served' if not missing else f'without {sorted(missing)}'}\n")
sys.exit(1 if missing else 0)
