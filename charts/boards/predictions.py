"""How often and how fast predictors answer: what users of v1 know its board for."""

from __future__ import annotations

from charts.boards.board import Board, Panel, Query
from charts.boards.promql import (
    CALLS,
    CHOSEN,
    CLIENT,
    ERRORS,
    NAMED,
    NAMED_VERSION,
    OF_MODELS,
    PREDICTOR,
    SERVER,
    VARIABLES,
    VERSION,
    quantiles,
    rate,
    ratio,
    share,
    told,
)

_PREDICTIONS = f'{CHOSEN}, service=~"predictions|invocations|.*/(Predict|ModelInfer)"'
_WRONG = f'{CHOSEN}, status=~"4.."'
_FAILED = f"{CHOSEN}, {ERRORS}"
_FEEDBACK = "seldon_api_model_feedback"

PREDICTIONS = Board(
    "sdep-predictions",
    "Predictions",
    "How often and how fast predictors and their models answer.",
    VARIABLES,
    (
        (
            Panel("Requests", (Query(rate(f"{SERVER}_count", CHOSEN)),), "reqps", "stat"),
            Panel("Success", (Query(f"1 - {share(f'{SERVER}_count', ERRORS, CHOSEN)}"),), "percentunit", "stat"),
            Panel(
                "4xx",
                (Query(f"{rate(f'{SERVER}_count', _WRONG)} or vector(0)"),),
                "reqps",
                "stat",
            ),
            Panel("5xx", (Query(f"{rate(f'{SERVER}_count', _FAILED)} or vector(0)"),), "reqps", "stat"),
            Panel(
                "Predictions",
                (Query(f"sum (increase(seldon_deployment_prediction_count{{{CHOSEN}}}[$__range]))"),),
                kind="stat",
                description="Answered in the time that is shown.",
            ),
        ),
        (
            Panel("Requests", (Query(rate(f"{SERVER}_count", _PREDICTIONS, PREDICTOR), NAMED),), "reqps"),
            Panel(
                "Share of the traffic",
                (
                    Query(
                        f"{rate(f'{SERVER}_count', _PREDICTIONS, PREDICTOR)} / on (namespace, deployment_name) group_left () "
                        f"({rate(f'{SERVER}_count', _PREDICTIONS, 'namespace, deployment_name')} > 0)",
                        NAMED,
                    ),
                    Query(f"{told('sdep_predictor_traffic_percent', CHOSEN, PREDICTOR)} / 100", f"{NAMED} routed"),
                ),
                "percentunit",
                description="Of all requests that were answered, mirrored ones among them, and what the operator routes or mirrors.",
            ),
        ),
        (
            Panel("Latency", quantiles(SERVER, _PREDICTIONS, PREDICTOR, NAMED, 0.5, 0.95, 0.99), "s"),
            Panel("Errors", (Query(share(f"{SERVER}_count", ERRORS, _PREDICTIONS, PREDICTOR), NAMED),), "percentunit"),
            Panel(
                "Answers by code",
                (Query(rate(f"{SERVER}_count", CHOSEN, "service, code"), "{{service}} {{code}}"),),
                "reqps",
            ),
        ),
        (
            Panel("Requests to models", (Query(rate(f"{CLIENT}_count", CALLS, VERSION), NAMED_VERSION),), "reqps"),
            Panel(
                "Latency of models",
                quantiles(CLIENT, CALLS, VERSION, NAMED_VERSION, 0.5, 0.75, 0.9, 0.95, 0.99),
                "s",
            ),
            Panel(
                "Reward",
                (Query(ratio(f"{_FEEDBACK}_reward_total", f"{_FEEDBACK}_total", OF_MODELS, VERSION), NAMED_VERSION),),
                description="Mean of the rewards that feedback brought.",
            ),
        ),
        (
            Panel(
                "Pods",
                (
                    Query(told("sdep_predictor_ready_replicas", CHOSEN, PREDICTOR), f"{NAMED} ready"),
                    Query(told("sdep_predictor_replicas", CHOSEN, PREDICTOR), f"{NAMED} asked for"),
                ),
            ),
            Panel(
                "Refused",
                (Query(rate("sdep_runtime_refused_requests_total", CHOSEN, PREDICTOR), NAMED),),
                "reqps",
                description="Answered with 429, as too many requests were waiting.",
            ),
        ),
    ),
)
