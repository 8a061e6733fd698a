"""Prepackaged servers that come as images of their own: what each is started with, as in Seldon Core v1."""

from __future__ import annotations

import copy
import json
from typing import Any

from sdep.contract import MODELS_ROOT, OPEN_INFERENCE
from sdep.layout.place import PlacedContainer
from sdep.plan import Plan
from sdep.render.security import restricted
from sdep.render.variables import completed

_MLSERVER_IMPLEMENTATIONS = {
    "SKLEARN_SERVER": "mlserver_sklearn.SKLearnModel",
    "XGBOOST_SERVER": "mlserver_xgboost.XGBoostModel",
    "MLFLOW_SERVER": "mlserver_mlflow.MLflowRuntime",
    "HUGGINGFACE_SERVER": "mlserver_huggingface.HuggingFaceRuntime",
    "TEMPO_SERVER": "tempo.mlserver.InferenceRuntime",
}
_TFSERVING = "tfserving"
_TFSERVING_GRPC, _TFSERVING_HTTP = 2000, 2001

Container = dict[str, Any]


def prepackaged(plan: Plan, placed: PlacedContainer) -> Container:
    """A copy of the manifest's container, completed by what its server needs; unchanged for an image of the user's own."""
    container = copy.deepcopy(dict(placed.body))
    unit, protocol = placed.unit, plan.sdep.spec.protocol or "seldon"
    if unit is None or not unit.is_prepackaged:
        return container
    if image := plan.settings.server_image(unit.implementation or "", protocol):
        container.setdefault("image", image)
    if unit.implementation == "TRITON_SERVER":
        container.setdefault("args", _triton(placed))
    elif unit.implementation == "TENSORFLOW_SERVER" and protocol == "tensorflow":
        container.setdefault("args", _tensorflow(placed.ports.grpc, placed.ports.http, placed.name))
    elif protocol in OPEN_INFERENCE:
        container["env"] = completed(container.get("env"), _mlserver(placed))
    else:
        container["env"] = completed(container.get("env"), {"PREDICTIVE_UNIT_PARAMETERS": _parameters(placed)})
    if protocol in OPEN_INFERENCE:
        container.setdefault("readinessProbe", _probe("/v2/health/ready"))
        container.setdefault("livenessProbe", _probe("/v2/health/live"))
    return container


def companions(plan: Plan, placed: PlacedContainer, written: set[str]) -> list[Container]:
    """What stands beside a server: TensorFlow Serving beside v1's proxy for it. `written` names the pod's own containers."""
    unit = placed.unit
    if unit is None or unit.implementation != "TENSORFLOW_SERVER" or plan.sdep.spec.protocol == "tensorflow":
        return []
    name = _TFSERVING if _TFSERVING not in written else f"{_TFSERVING}-{placed.name}"
    return [
        {
            "name": name,
            "image": plan.settings.server_image("TENSORFLOW_SERVER", "tensorflow"),
            "imagePullPolicy": "IfNotPresent",
            "args": _tensorflow(_TFSERVING_GRPC, _TFSERVING_HTTP, placed.name),
            "ports": [{"containerPort": port, "protocol": "TCP"} for port in (_TFSERVING_GRPC, _TFSERVING_HTTP)],
            "volumeMounts": [],
            "securityContext": restricted(None),
        }
    ]


def _triton(placed: PlacedContainer) -> list[str]:
    return [
        "/opt/tritonserver/bin/tritonserver",
        f"--grpc-port={placed.ports.grpc}",
        f"--http-port={placed.ports.http}",
        f"--model-repository={MODELS_ROOT}",
        "--strict-model-config=false",
    ]


def _tensorflow(grpc: int, http: int, model: str) -> list[str]:
    return [f"--port={grpc}", f"--rest_api_port={http}", f"--model_name={model}", f"--model_base_path={MODELS_ROOT}"]


def _mlserver(placed: PlacedContainer) -> dict[str, str]:
    implementation = (placed.unit and placed.unit.implementation) or ""
    return {
        "MLSERVER_MODEL_IMPLEMENTATION": _MLSERVER_IMPLEMENTATIONS.get(implementation, ""),
        "MLSERVER_MODEL_VERSION": "v1",
        "MLSERVER_MODEL_URI": MODELS_ROOT,
        **({"MLSERVER_PARALLEL_WORKERS": "0"} if implementation == "HUGGINGFACE_SERVER" else {}),
    }


def _parameters(placed: PlacedContainer) -> str:
    given = [parameter.to_manifest() for parameter in (placed.unit and placed.unit.parameters) or ()]
    added = [("model_uri", MODELS_ROOT)]
    if placed.unit and placed.unit.implementation == "TENSORFLOW_SERVER":
        added = [
            ("rest_endpoint", f"http://0.0.0.0:{_TFSERVING_HTTP}"),
            ("grpc_endpoint", f"0.0.0.0:{_TFSERVING_GRPC}"),
            ("model_name", placed.name),
        ]
    names = {parameter["name"] for parameter in given}
    more = [{"name": name, "value": value, "type": "STRING"} for name, value in added if name not in names]
    return json.dumps(given + more, separators=(",", ":"))


def _probe(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}, "periodSeconds": 5, "failureThreshold": 3, "timeoutSeconds": 1}
