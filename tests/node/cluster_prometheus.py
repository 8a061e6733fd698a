"""A Prometheus in the cluster: the machine's own program in a pod.

It finds engines as the chart's PodMonitor `seldon-models` does, by a script beside it, since Debian builds it without Kubernetes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from demo.kubectl import Target
from node import packages

NAME = "witness"
_FOLDER, _PORT = "/prometheus", 9090
_SERVE = (
    f"until test -e {_FOLDER}/whole; do sleep 0.2; done; exec {_FOLDER}/program --config.file=/config/prometheus.yml "
    f"--storage.tsdb.path={_FOLDER}/data --web.listen-address=:{_PORT} --log.level=warn"
)
_BRING = f"cat > {_FOLDER}/program && chmod +x {_FOLDER}/program && touch {_FOLDER}/whole"

_FIND = f"""
import json, os, ssl, sys, time, urllib.request
namespace, deployment = sys.argv[1:]
account, at = "/var/run/secrets/kubernetes.io/serviceaccount", "{_FOLDER}/targets.json"
trusted = ssl.create_default_context(cafile=account + "/ca.crt")
path = "/api/v1/namespaces/" + namespace + "/pods?labelSelector=seldon-deployment-id%3D" + deployment
while True:
    token, groups = open(account + "/token").read(), []
    asked = urllib.request.Request("https://kubernetes.default.svc" + path, headers=dict(Authorization="Bearer " + token))
    for pod in json.load(urllib.request.urlopen(asked, context=trusted, timeout=10))["items"]:
        for container in pod["spec"]["containers"]:
            for port in container.get("ports", ()):
                address = pod["status"].get("podIP")
                if address and (container["name"], port.get("name")) == ("seldon-container-engine", "http"):
                    labels = dict(namespace=namespace, pod=pod["metadata"]["name"])
                    groups.append(dict(targets=[address + ":" + str(port["containerPort"])], labels=labels))
    with open(at + ".new", "w") as written:
        json.dump(groups, written)
    os.replace(at + ".new", at)
    time.sleep(1)
"""
"""Writes the addresses of the engines of one SeldonDeployment, every second; it is started anew where the API server is away."""


@contextmanager
def prometheus(target: Target, namespace: str, scraped: str) -> Iterator[str]:
    """Its address in the cluster; it scrapes the engines of one SeldonDeployment of this namespace, every second."""
    packages.install(packages.PROMETHEUS)
    program = shutil.which("prometheus")
    assert program, "the Debian package prometheus is not there"
    bodies = _bodies(namespace, target.images["runtime"], scraped)
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    target.kubectl("apply", "-f", "-", stdin=listed)
    try:
        target.kubectl("wait", "--for=jsonpath={.status.phase}=Running", f"pod/{NAME}", "-n", namespace)
        _bring(target, namespace, Path(program))
        target.kubectl("wait", "--for=condition=ready", f"pod/{NAME}", "-n", namespace, "--timeout=60s")
        yield f"http://{NAME}.{namespace}.svc:{_PORT}"
    finally:
        target.kubectl("delete", "-f", "-", "--grace-period=0", "--force", "--ignore-not-found", stdin=listed)


def _bring(target: Target, namespace: str, program: Path) -> None:
    command = ["kubectl", "exec", "-i", "-n", namespace, NAME, "-c", "prometheus", "--", "sh", "-c", _BRING]
    with program.open("rb") as content:
        subprocess.run(command, stdin=content, check=True, env=target.environment(), timeout=120)


def _config() -> str:
    job = {
        "job_name": "models",
        "metrics_path": "/prometheus",
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "file_sd_configs": [{"files": [f"{_FOLDER}/targets.json"], "refresh_interval": "1s"}],
    }
    return str(yaml.safe_dump({"scrape_configs": [job]}))


def _bodies(namespace: str, image: str, scraped: str) -> list[dict[str, Any]]:
    metadata = {"name": NAME, "namespace": namespace, "labels": {"app": NAME}}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    rbac, role = "rbac.authorization.k8s.io", {"kind": "Role", "name": NAME}
    subjects = [{"kind": "ServiceAccount", "name": NAME, "namespace": namespace}]
    ports, data = [{"port": _PORT}], {"prometheus.yml": _config(), "find.py": _FIND}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, **role},
            "subjects": subjects,
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": NAME}, "ports": ports},
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _pod(image, f"{namespace} {scraped}")},
    ]


def _pod(image: str, found: str) -> dict[str, Any]:
    mounts = [{"name": "folder", "mountPath": _FOLDER}, {"name": "config", "mountPath": "/config"}]
    common = {"image": image, "imagePullPolicy": "IfNotPresent", "volumeMounts": mounts}
    ready = {"httpGet": {"path": "/-/ready", "port": _PORT}, "periodSeconds": 1}
    containers = [
        {"name": "prometheus", "command": ["sh", "-c", _SERVE], "readinessProbe": ready, **common},
        {"name": "find", "command": ["python", "/config/find.py", *found.split()], **common},
    ]
    volumes = [{"name": "folder", "emptyDir": {}}, {"name": "config", "configMap": {"name": NAME}}]
    return {"serviceAccountName": NAME, "containers": containers, "volumes": volumes}
