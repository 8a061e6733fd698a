"""The metrics of the operator, every one of them."""

from __future__ import annotations

from charts.boards.board import Board, Panel, Query, Variable
from charts.boards.promql import NAMED, PREDICTOR, quantile, quantiles, rate

_OPERATOR = 'namespace=~"$namespace"'

OPERATOR = Board(
    "sdep-operator",
    "sdep operator",
    "What the operator does, and what it waits for.",
    (Variable("namespace", "namespace", "sdep_leader"),),
    (
        (
            Panel(
                "Leaders", (Query(f"sum (sdep_leader{{{_OPERATOR}}})"),), kind="stat", description="1 when all is well."
            ),
            Panel(
                "SeldonDeployments", (Query(f"max by (state) (sdep_objects{{{_OPERATOR}}})", "{{state}}"),), kind="stat"
            ),
            Panel("Queue", (Query(f"max (sdep_queue_depth{{{_OPERATOR}}})"),), kind="stat"),
            Panel(
                "Silence of the most silent watch",
                (Query(f"max (sdep_watch_silent_seconds{{{_OPERATOR}}})"),),
                "s",
                "stat",
            ),
            Panel(
                "Certificate ends in",
                (Query(f"min (sdep_webhook_certificate_expiry_seconds{{{_OPERATOR}}} > 0) - time()"),),
                "s",
                "stat",
            ),
        ),
        (
            Panel(
                "Reconciles", (Query(rate("sdep_reconcile_seconds_count", _OPERATOR, "result"), "{{result}}"),), "ops"
            ),
            Panel(
                "Time of a reconcile",
                quantiles("sdep_reconcile_seconds", _OPERATOR, "result", "{{result}}", 0.5, 0.99),
                "s",
            ),
            Panel("Errors", (Query(rate("sdep_reconcile_errors_total", _OPERATOR, "reason"), "{{reason}}"),), "ops"),
        ),
        (
            Panel(
                "Changes to children",
                (Query(rate("sdep_changes_total", _OPERATOR, "kind, action"), "{{kind}} {{action}}"),),
                "ops",
            ),
            Panel(
                "Models that moved",
                (Query(f"sum (increase(sdep_model_moves_total{{{_OPERATOR}}}[$__rate_interval]))", "moved"),),
            ),
            Panel(
                "Deletions that no watch told",
                (Query(f"sum (increase(sdep_missed_deletions_total{{{_OPERATOR}}}[$__rate_interval]))", "missed"),),
            ),
            Panel(
                "Pods that are missing",
                (
                    Query(
                        "max by (namespace, deployment_name, predictor_name)"
                        " (sdep_predictor_replicas - sdep_predictor_ready_replicas)",
                        NAMED,
                    ),
                ),
                description="Of all predictors.",
            ),
        ),
        (
            Panel(
                "What rollouts came to",
                (Query(rate("sdep_rollout_decisions_total", _OPERATOR, "phase, reason"), "{{phase}} {{reason}}"),),
                "ops",
            ),
            Panel(
                "What experiments came to",
                (Query(rate("sdep_experiment_decisions_total", _OPERATOR, "reason"), "{{reason}}"),),
                "ops",
            ),
            Panel(
                "Requests for evidence",
                (Query(rate("sdep_evidence_requests_total", _OPERATOR, "source, code"), "{{source}} {{code}}"),),
                "reqps",
                description="To the engines of predictors that are compared. The code none is no answer.",
            ),
            Panel(
                "Requests to gates",
                (Query(rate("sdep_gate_requests_total", _OPERATOR, "code"), "{{code}}"),),
                "reqps",
            ),
            Panel(
                "Notifications",
                (Query(rate("sdep_notifications_total", _OPERATOR, "outcome"), "{{outcome}}"),),
                "ops",
            ),
            Panel(
                "Statements to DataHub and OpenLineage",
                (
                    Query(
                        rate("sdep_lineage_statements_total", _OPERATOR, "receiver, outcome"),
                        "{{receiver}} {{outcome}}",
                    ),
                ),
                "ops",
                description="What failed is tried again; what was dropped is not.",
            ),
        ),
        (
            Panel(
                "Predictors that have drifted",
                (Query(f"max by ({PREDICTOR}) (sdep_drift_detected)", NAMED),),
                description="1 where the inputs or predictions of the last whole window are not like the reference data.",
            ),
            Panel(
                "Furthest from the reference data",
                (
                    Query(
                        f"max by ({PREDICTOR}, kind, feature) (sdep_drift_distance_ratio)", f"{NAMED} {{{{feature}}}}"
                    ),
                ),
                "percentunit",
                description="Of each predictor that is watched the ten features, or kinds of predictions, that moved most.",
            ),
            Panel(
                "Windows judged for drift",
                (Query(rate("sdep_drift_windows_total", _OPERATOR, "reason"), "{{reason}}"),),
                "ops",
            ),
        ),
        (
            Panel(
                "Requests to the Kubernetes API",
                (
                    Query(
                        rate("sdep_kubernetes_requests_total", _OPERATOR, "verb, kind, code"),
                        "{{verb}} {{kind}} {{code}}",
                    ),
                ),
                "reqps",
            ),
            Panel(
                "Time of the Kubernetes API",
                quantiles("sdep_kubernetes_request_seconds", _OPERATOR, "verb", "{{verb}}", 0.99),
                "s",
            ),
        ),
        (
            Panel(
                "Requests to registries",
                (Query(rate("sdep_registry_requests_total", _OPERATOR, "code"), "{{code}}"),),
                "reqps",
                description="The code none is no answer.",
            ),
            Panel(
                "Time of registries", (Query(quantile(0.99, "sdep_registry_request_seconds", _OPERATOR), "p99"),), "s"
            ),
            Panel(
                "Deliveries of MLflow's webhooks",
                (Query(rate("sdep_registry_deliveries_total", _OPERATOR, "outcome"), "{{outcome}}"),),
                "ops",
                description="A delivery that another replica took in is handed on there and heard by the leader.",
            ),
            Panel(
                "Tags of served versions",
                (Query(rate("sdep_served_tags_total", _OPERATOR, "outcome"), "{{outcome}}"),),
                "ops",
            ),
            Panel(
                "Reviews",
                (Query(rate("sdep_admission_seconds_count", _OPERATOR, "allowed"), "allowed {{allowed}}"),),
                "ops",
            ),
            Panel("Time of a review", (Query(quantile(0.99, "sdep_admission_seconds", _OPERATOR), "p99"),), "s"),
        ),
    ),
)
