"""What of the metrics that an engine exposes to Prometheus is evidence: v1's names and buckets."""

from __future__ import annotations

SERVER = "seldon_api_executor_server_requests_seconds"
"""A histogram of the seconds to an answer; its label `status` is HTTP's number, gRPC's codes have the one that means the same."""
PREDICTION_COUNT = "seldon_deployment_prediction_count"
"""A counter that each engine has from its beginning, before there is any request."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Upper edges, in seconds."""
PREDICTION_SERVICES = frozenset(
    {
        *("predictions", "invocations"),
        *("/seldon.protos.Seldon/Predict", "/inference.GRPCInferenceService/ModelInfer"),
        "/tensorflow.serving.PredictionService/Predict",
    }
)
"""The services that predict, whatever the protocol: what else is served is no evidence."""
