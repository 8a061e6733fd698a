"""A Prometheus in the cluster: the machine's own program in a pod, which finds engines as the chart's PodMonitor `seldon-models` does."""

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


@contextmanager
def prometheus(target: Target, namespace: str, scraped: str) -> Iterator[str]:
    """Its address in the cluster; it scrapes the engines of one SeldonDeployment of this namespace, every second."""
    packages.install(packages.PROMETHEUS)
    program = shutil.which("prometheus")
    assert program, "the Debian package prometheus is not there"
    bodies = _bodies(namespace, target.images["runtime"], _config(namespace, scraped))
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
    command = ["kubectl", "exec", "-i", "-n", namespace, NAME, "--", "sh", "-c", _BRING]
    with program.open("rb") as content:
        subprocess.run(command, stdin=content, check=True, env=target.environment(), timeout=120)


def _config(namespace: str, scraped: str) -> str:
    meta = "__meta_kubernetes_pod"
    engine = {"source_labels": [f"{meta}_container_name", f"{meta}_container_port_name"], "action": "keep"}
    relabelled = [
        {"source_labels": [f"{meta}_label_seldon_deployment_id"], "regex": scraped, "action": "keep"},
        {**engine, "regex": "seldon-container-engine;http"},
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": [f"{meta}_name"], "target_label": "pod"},
    ]
    job = {
        "job_name": "models",
        "metrics_path": "/prometheus",
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [namespace]}}],
        "relabel_configs": relabelled,
    }
    return str(yaml.safe_dump({"scrape_configs": [job]}))


def _bodies(namespace: str, image: str, config: str) -> list[dict[str, Any]]:
    metadata = {"name": NAME, "namespace": namespace, "labels": {"app": NAME}}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    rbac, role = "rbac.authorization.k8s.io", {"kind": "Role", "name": NAME}
    subjects = [{"kind": "ServiceAccount", "name": NAME, "namespace": namespace}]
    ports = [{"port": _PORT}]
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
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"prometheus.yml": config}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": NAME}, "ports": ports},
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _pod(image)},
    ]


def _pod(image: str) -> dict[str, Any]:
    container = {
        "name": "prometheus",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", _SERVE],
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": _PORT}, "periodSeconds": 1},
        "volumeMounts": [{"name": "folder", "mountPath": _FOLDER}, {"name": "config", "mountPath": "/config"}],
    }
    volumes = [{"name": "folder", "emptyDir": {}}, {"name": "config", "configMap": {"name": NAME}}]
    return {"serviceAccountName": NAME, "containers": [container], "volumes": volumes}
