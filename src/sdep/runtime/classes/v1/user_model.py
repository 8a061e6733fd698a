"""`seldon_core.user_model`: what a class may derive from, return and raise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from sdep.runtime.classes.v1.flask_utils import SeldonMicroserviceException


class SeldonNotImplementedError(SeldonMicroserviceException):
    """Raised by a method that is there but does not serve this call: it is as if the class lacked it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class SeldonResponse:
    """An answer with tags and metrics of its own."""

    def __init__(
        self,
        data: Any,  # noqa: ANN401 - whatever a method may return
        tags: dict[str, Any] | None = None,
        metrics: list[dict[str, Any]] | None = None,
    ) -> None:
        self.data = data
        self.tags = tags if tags is not None else {}
        self.metrics = metrics if metrics is not None else []

    @classmethod
    def create(cls, data: Any) -> SeldonResponse:  # noqa: ANN401 - as above
        return data if isinstance(data, cls) else cls(data)


class SeldonComponent:
    """Every method of the contract, none of which does anything: a class overrides those that it has."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the unit's parameters
        pass

    def load(self) -> None:
        """Called once, before the first request."""

    def predict(self, X: Any, names: Iterable[str], meta: dict[str, Any] | None = None) -> Any:  # noqa: ANN401, ARG002, N803
        _lacks("predict")

    def transform_input(self, X: Any, names: Iterable[str], meta: dict[str, Any] | None = None) -> Any:  # noqa: ANN401, ARG002, N803
        _lacks("transform_input")

    def transform_output(self, X: Any, names: Iterable[str], meta: dict[str, Any] | None = None) -> Any:  # noqa: ANN401, ARG002, N803
        _lacks("transform_output")

    def route(self, features: Any, feature_names: Iterable[str]) -> Any:  # noqa: ANN401, ARG002
        _lacks("route")

    def aggregate(self, features_list: list[Any], feature_names_list: list[Any]) -> Any:  # noqa: ANN401, ARG002
        _lacks("aggregate")

    def send_feedback(
        self,
        features: Any,  # noqa: ANN401, ARG002
        feature_names: Iterable[str],  # noqa: ARG002
        reward: float,  # noqa: ARG002
        truth: Any,  # noqa: ANN401, ARG002
        routing: int | None,  # noqa: ARG002
    ) -> Any:  # noqa: ANN401
        _lacks("send_feedback")

    def predict_raw(self, msg: Any) -> Any:  # noqa: ANN401, ARG002
        _lacks("predict_raw")

    def transform_input_raw(self, msg: Any) -> Any:  # noqa: ANN401, ARG002
        _lacks("transform_input_raw")

    def transform_output_raw(self, msg: Any) -> Any:  # noqa: ANN401, ARG002
        _lacks("transform_output_raw")

    def route_raw(self, msg: Any) -> Any:  # noqa: ANN401, ARG002
        _lacks("route_raw")

    def aggregate_raw(self, msgs: Any) -> Any:  # noqa: ANN401, ARG002
        _lacks("aggregate_raw")

    def send_feedback_raw(self, feedback: Any) -> Any:  # noqa: ANN401, ARG002
        _lacks("send_feedback_raw")

    def health_status_raw(self) -> Any:  # noqa: ANN401
        _lacks("health_status_raw")

    def health_status(self) -> Any:  # noqa: ANN401
        _lacks("health_status")

    def tags(self) -> dict[str, Any]:
        _lacks("tags")

    def metrics(self) -> list[dict[str, Any]]:
        _lacks("metrics")

    def class_names(self) -> Iterable[str]:
        _lacks("class_names")

    def feature_names(self) -> Iterable[str]:
        _lacks("feature_names")

    def metadata(self) -> dict[str, Any]:
        _lacks("metadata")

    def init_metadata(self) -> dict[str, Any]:
        _lacks("init_metadata")


def _lacks(method: str) -> NoReturn:
    raise SeldonNotImplementedError(f"{method} is not implemented")
