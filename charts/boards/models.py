"""Versions of models side by side."""

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
    VARIABLES,
    VERSION,
    part_of,
    quantile,
    quantiles,
    rate,
    ratio,
    share,
    told,
)

_KNOWN = f'{OF_MODELS}, outcome=~"correct|incorrect"'
_CORRECT = share("model_predictions_total", 'outcome="correct"', _KNOWN, VERSION)
_DISTANCE = "model_absolute_error"
_STATED = "model_calibration_rows_total"
_BIN = f"{VERSION}, confidence"
_RIGHT = part_of(_STATED, 'outcome="correct"', OF_MODELS, _BIN)
_APART = f"abs({_RIGHT} - {rate('model_calibration_confidence_sum_total', OF_MODELS, _BIN)})"
_CALIBRATION_ERROR = f"sum by ({VERSION}) ({_APART}) / ({rate(_STATED, OF_MODELS, VERSION)} > 0)"


def _shadows(metric: str, by: str) -> tuple[Query, ...]:
    return (Query(told(metric, CHOSEN, f"{PREDICTOR}, {by}"), f"{NAMED} {{{{{by}}}}}"),)


def _shadow_rate(metric: str, by: str) -> tuple[Query, ...]:
    return (
        Query(f"max by ({PREDICTOR}, {by}) (rate({metric}{{{CHOSEN}}}[$__rate_interval]))", f"{NAMED} {{{{{by}}}}}"),
    )


MODELS = Board(
    "sdep-models",
    "Model comparison",
    "Versions of models side by side, by predictor.",
    VARIABLES,
    (
        (
            Panel(
                "Side by side",
                (
                    Query(rate(f"{CLIENT}_count", CALLS, VERSION), "requests a second"),
                    Query(share(f"{CLIENT}_count", ERRORS, CALLS, VERSION), "share of errors"),
                    Query(quantile(0.5, CLIENT, CALLS, VERSION), "p50 (s)"),
                    Query(quantile(0.99, CLIENT, CALLS, VERSION), "p99 (s)"),
                    Query(_CORRECT, "share correct"),
                ),
                kind="table",
            ),
        ),
        (
            Panel("Requests", (Query(rate(f"{CLIENT}_count", CALLS, VERSION), NAMED_VERSION),), "reqps"),
            Panel(
                "Errors",
                (Query(share(f"{CLIENT}_count", ERRORS, CALLS, VERSION), NAMED_VERSION),),
                "percentunit",
            ),
        ),
        tuple(
            Panel(f"Latency p{q * 100:g}", quantiles(CLIENT, CALLS, VERSION, NAMED_VERSION, q), "s")
            for q in (0.5, 0.95, 0.99)
        ),
        (
            Panel(
                "Predictions with a known truth",
                (
                    Query(
                        f"sum by ({VERSION}, outcome) (increase(model_predictions_total{{{OF_MODELS}}}[$__range]))",
                        f"{NAMED_VERSION} {{{{outcome}}}}",
                    ),
                ),
                description="Of which feedback brought the truth, in the time that is shown.",
            ),
            Panel("Correct", (Query(_CORRECT, NAMED_VERSION),), "percentunit"),
            Panel(
                "Mean absolute error",
                (Query(ratio(f"{_DISTANCE}_sum", f"{_DISTANCE}_count", OF_MODELS, VERSION), NAMED_VERSION),),
                description="Of answers that are numbers.",
            ),
            Panel(
                "Relative error p90",
                quantiles("model_relative_error", OF_MODELS, VERSION, NAMED_VERSION, 0.9),
                "percentunit",
            ),
        ),
        (
            Panel(
                "Expected calibration error",
                (Query(_CALIBRATION_ERROR, NAMED_VERSION),),
                "percentunit",
                description="Of probabilities: how far off they are from how often they are right, over ten bins.",
            ),
            Panel(
                "Brier score",
                (Query(ratio("model_brier_score_sum_total", _STATED, OF_MODELS, VERSION), NAMED_VERSION),),
                description="Of probabilities: from 0, right and sure, to 2, wrong and sure.",
            ),
        ),
        (
            Panel(
                "Shadows that agree",
                _shadows("sdep_shadow_agreement_ratio", "bound"),
                "percentunit",
                description="Share of the answers that agree with those that clients got, and between what it lies.",
            ),
            Panel(
                "Pairs of answers of shadows",
                _shadow_rate("sdep_shadow_pairs_total", "outcome"),
                "ops",
                description="A sample of the requests: twenty a second at most of each process of an engine.",
            ),
            Panel("Answers without a pair", _shadow_rate("sdep_shadow_unpaired_total", "side"), "ops"),
        ),
        (
            Panel(
                "Numbers of shadows minus those of clients",
                _shadows("sdep_shadow_prediction_delta", "quantile"),
                signed=True,
            ),
            Panel(
                "Time of shadows minus that of clients",
                _shadows("sdep_shadow_latency_delta_seconds", "quantile"),
                "s",
                signed=True,
            ),
        ),
        (
            Panel(
                "Labels of shadows",
                (
                    Query(
                        told("sdep_shadow_flips", CHOSEN, f"{PREDICTOR}, live_label, shadow_label"),
                        f"{NAMED} {{{{live_label}}}} became {{{{shadow_label}}}}",
                    ),
                ),
                description="Rows that got another label from a shadow than from who answered the client.",
            ),
            Panel(
                "p-values of shadows",
                _shadows("sdep_shadow_p_value", "measure"),
                description="Below 0.05 the shadow's are the greater, or the smaller, by more than chance.",
            ),
        ),
    ),
)
