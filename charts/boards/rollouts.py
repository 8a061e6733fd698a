"""Canaries on trial: how far each has got, and what its evidence says."""

from __future__ import annotations

from typing import get_args

from charts.boards.board import Board, Panel, Query, Variable
from charts.boards.promql import NAMED, PREDICTOR, told
from sdep.api.rollout import Measure

_CHOSEN = 'namespace=~"$namespace", deployment_name=~"$deployment"'
_FOUND = f"{PREDICTOR}, metric"
_NAMED_FINDING = f"{NAMED} {{{{metric}}}}"
_COMPARED = {
    "errors": "Percentage points that the canary fails more often.",
    "refusals": "Percentage points that the canary refuses more often.",
    "latency": "Percent that the canary's quantile is longer.",
    "predictions": "Hundredths of the distance between the predictions of both.",
}


def _now(metric: str, labels: str = "", by: str = PREDICTOR) -> str:
    return told(metric, f"{_CHOSEN}{labels}", by)


def _bounds(title: str, labels: str, description: str) -> Panel:
    query = Query(_now("sdep_rollout_finding", labels, f"{_FOUND}, bound"), f"{_NAMED_FINDING} {{{{bound}}}}")
    return Panel(title, (query,), description=description, signed=True)


def _of_others() -> Panel:
    """What Prometheus was asked for has limits, and no interval."""
    labels = f', metric!~"{"|".join(get_args(Measure))}"'
    return _bounds("Queries, and the split", labels, "What Prometheus last answered, and the limit of each query.")


ROLLOUTS = Board(
    "sdep-rollouts",
    "Rollouts",
    "Canaries on trial: how far each has got, and what its evidence says.",
    (
        Variable("namespace", "namespace", "sdep_rollout_phase"),
        Variable("deployment", "deployment_name", "sdep_rollout_phase"),
    ),
    (
        (
            Panel(
                "Phase",
                (Query(f"{_now('sdep_rollout_phase', by=f'{PREDICTOR}, phase')} == 1", f"{NAMED} {{{{phase}}}}"),),
                kind="stat",
            ),
            Panel(
                "Step",
                (Query(_now("sdep_rollout_step"), NAMED), Query(_now("sdep_rollout_steps"), f"{NAMED}: of")),
                kind="stat",
                description="Of a rollout that is on, or was turned back; counted from 1.",
            ),
        ),
        (
            Panel(
                "Weight",
                (
                    Query(_now("sdep_rollout_weight_percent"), f"{NAMED} asked"),
                    Query(
                        f"{_now('sdep_predictor_traffic_percent')} and {_now('sdep_rollout_weight_percent')}",
                        f"{NAMED} routed",
                    ),
                    Query(_now("sdep_rollout_mirror_percent"), f"{NAMED} mirror"),
                ),
                "percent",
                description="Asked is in percent of what canary and stable predictor get together, routed of all requests.",
            ),
            Panel(
                "Samples",
                (
                    Query(
                        _now("sdep_rollout_finding_samples", by=f"{_FOUND}, arm"),
                        f"{_NAMED_FINDING} {{{{arm}}}}",
                    ),
                ),
                description="Requests, or predictions, of the current step; of a query its answers.",
            ),
        ),
        tuple(_bounds(name.capitalize(), f', metric="{name}"', _COMPARED[name]) for name in get_args(Measure)),
        (
            _of_others(),
            Panel(
                "Verdicts",
                (
                    Query(
                        f"{_now('sdep_rollout_finding_verdict', by=f'{_FOUND}, dry_run, verdict')} == 1",
                        f"{_NAMED_FINDING} {{{{verdict}}}}",
                    ),
                ),
                description="What each metric comes to. One with dry_run true changes nothing.",
            ),
            Panel(
                "Decisions",
                (
                    Query(
                        "sum by (phase, reason) (rate(sdep_rollout_decisions_total[$__rate_interval]))",
                        "{{phase}} {{reason}}",
                    ),
                ),
                "ops",
                description="Of all rollouts.",
            ),
        ),
    ),
)
