"""The CustomResourceDefinition, generated from the API types: `sdep crd` prints it, the chart and `crds/` carry it."""

from __future__ import annotations

from typing import Any

from sdep.api.openapi import structural
from sdep.api.seldon_deployment import GROUP, KIND, PLURAL, STORAGE_VERSION, VERSIONS, SeldonDeploymentSpec
from sdep.api.status import Status

_GRAPH_DEPTH = 4
_MAX_PREDICTORS = 20
_LONGEST_NAME = 63

_COLUMNS: tuple[dict[str, Any], ...] = (
    {"name": "State", "type": "string", "jsonPath": ".status.state"},
    {
        "name": "Ready",
        "type": "string",
        "jsonPath": ".status.summary.ready",
        "description": "Ready pods of those asked for",
    },
    {
        "name": "Traffic",
        "type": "string",
        "jsonPath": ".status.summary.traffic",
        "description": "Percent, as it is routed now",
    },
    {
        "name": "Models",
        "type": "string",
        "jsonPath": ".status.summary.models",
        "description": "The versions that are served",
    },
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    {"name": "Description", "type": "string", "jsonPath": ".status.description", "priority": 1},
)

_RULES: tuple[dict[str, str], ...] = (
    {"rule": "size(self.predictors) > 0", "message": "Graph contains no predictors"},
    {
        "rule": "self.predictors.all(p, self.predictors.exists_one(q, q.name == p.name))",
        "message": "Duplicate predictor name",
    },
    {
        "rule": "size(self.predictors) == 0 || self.predictors.exists(p, !has(p.shadow) || p.shadow != true)",
        "message": "Shadow can not exist as only predictor",
    },
    {
        "rule": "self.predictors.all(p, !has(p.shadow) || p.shadow != true || !has(p.traffic) || p.traffic <= 100)",
        "message": "shadow traffic is illegal, the traffic number should be between [0, 100]",
    },
)


def custom_resource_definition() -> dict[str, Any]:
    """The CRD as `kubectl apply` takes it: three served versions with one schema, v1 stored."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["sdep"],
                "categories": ["all"],
            },
            "versions": [_version(name) for name in VERSIONS],
        },
    }


def _version(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "served": True,
        "storage": name == STORAGE_VERSION,
        "additionalPrinterColumns": list(_COLUMNS),
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        "schema": {"openAPIV3Schema": _schema()},
    }


def _schema() -> dict[str, Any]:
    spec = structural(SeldonDeploymentSpec, _GRAPH_DEPTH)
    predictors = spec["properties"]["predictors"]
    predictors["maxItems"] = _MAX_PREDICTORS  # CEL bounds the cost of its rules by these two
    predictors["items"]["properties"]["name"]["maxLength"] = _LONGEST_NAME
    spec["x-kubernetes-validations"] = list(_RULES)
    status = structural(Status, _GRAPH_DEPTH)
    del status["required"]
    # What no operator has seen is under way: kstatus takes an object without a status for done.
    status["default"] = {"observedGeneration": -1}
    return {
        "type": "object",
        "description": "A model, or a graph of models, served behind one address",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }
