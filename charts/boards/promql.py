"""The pieces that the boards' queries are made of."""

from __future__ import annotations

from charts.boards.board import Query, Variable

SERVER = "seldon_api_executor_server_requests_seconds"
CLIENT = "seldon_api_executor_client_requests_seconds"

CHOSEN = 'namespace=~"$namespace", deployment_name=~"$deployment", predictor_name=~"$predictor"'
OF_MODELS = f'{CHOSEN}, model_name=~"$model"'
CALLS = f'{OF_MODELS}, service=~".*([Pp]redict|infer|ModelInfer)"'
"""Of models alone: routers, combiners and feedback are called otherwise."""
ERRORS = 'status=~"5.."'

PREDICTOR = "namespace, deployment_name, predictor_name"
VERSION = f"{PREDICTOR}, model_name, model_version"
NAMED = "{{deployment_name}} {{predictor_name}}"
NAMED_VERSION = "{{predictor_name}} {{model_name}} {{model_version}}"

VARIABLES = (
    Variable("namespace", "namespace", "seldon_deployment_prediction_count"),
    Variable("deployment", "deployment_name", "seldon_deployment_prediction_count"),
    Variable("predictor", "predictor_name", "seldon_deployment_prediction_count"),
    Variable("model", "model_name", f"{CLIENT}_count"),
)


def rate(metric: str, labels: str, by: str = "") -> str:
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{labels}}}[$__rate_interval]))"


def part_of(metric: str, part: str, labels: str, by: str = "") -> str:
    """The rate of what `part` selects of `labels`; 0 where it selects nothing."""
    nothing = f"0 * {rate(metric, labels, by)}" if by else "vector(0)"
    return f"({rate(metric, f'{labels}, {part}', by)} or {nothing})"


def share(metric: str, part: str, labels: str, by: str = "") -> str:
    """Of what `labels` selects, how much `part` does."""
    return f"{part_of(metric, part, labels, by)} / ({rate(metric, labels, by)} > 0)"


def told(metric: str, labels: str, by: str) -> str:
    """What the operator tells: each of its replicas tells the same."""
    return f"max by ({by}) ({metric}{{{labels}}})"


def quantile(quantile: float, metric: str, labels: str, by: str = "") -> str:
    return f"histogram_quantile({quantile}, {rate(f'{metric}_bucket', labels, f'{by}, le' if by else 'le')})"


def quantiles(metric: str, labels: str, by: str, named: str, *quantiles: float) -> tuple[Query, ...]:
    return tuple(Query(quantile(q, metric, labels, by), f"{named} p{q * 100:g}") for q in quantiles)


def ratio(part: str, whole: str, labels: str, by: str) -> str:
    """What one counter gained for each that another did: a mean, of a sum and a count."""
    return f"{rate(part, labels, by)} / ({rate(whole, labels, by)} > 0)"
