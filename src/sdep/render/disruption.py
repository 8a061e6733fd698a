"""PodDisruptionBudgets from pdbSpec. Each selects the pods of its own Deployment; v1's selected all pods of all predictors."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.manifest import Manifest

API = "policy/v1"


def disruption_budgets(plan: Plan) -> Iterator[Manifest]:
    for predictor in plan.predictors:
        for pod in plan.layouts[predictor.name].pods:
            if pod.spec.pdb_spec:
                name = names.deployment(plan, predictor, pod)
                app = labels.pod(plan, predictor, pod)["app"]
                selector = {**labels.workload_selector(plan, predictor, pod), "app": app}
                spec = {**pod.spec.pdb_spec.to_manifest(), "selector": {"matchLabels": selector}}
                metadata = labels.metadata(plan, name, labels.common(plan))
                yield Manifest({"apiVersion": API, "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec})
