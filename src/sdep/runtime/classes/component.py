"""A user's object as v1's contract has it: which methods it has, how they want to be called, what they give."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from sdep.runtime.classes.v1.metrics import validate_metrics
from sdep.runtime.classes.v1.user_model import SeldonComponent, SeldonNotImplementedError, SeldonResponse
from sdep.runtime.errors import BadDataError, ServingError

Transforming = Literal["predict", "transform_input", "transform_output"]
Method = Callable[..., Any]

OPTIONAL = ("meta", "routing")
"""Arguments that a method gets by name, if it takes them."""


class MissingMethodError(BadDataError):
    """The class has no method for the call."""


class BadMetricError(ServingError):
    reason = "MICROSERVICE_BAD_METRIC"


class Component:
    """Methods are looked up once. Whatever a method raises comes out as it is; see `lane`."""

    def __init__(self, user: object) -> None:
        self.user = user
        self._methods: dict[str, tuple[Method, frozenset[str]]] = {}
        for name in _CALLED:
            method = _own(user, name)
            if method is not None:
                self._methods[name] = (method, _taken(method))

    def has(self, name: str) -> bool:
        return name in self._methods

    def transform(
        self, step: Transforming, value: object, names: Sequence[str], meta: Mapping[str, Any] | None
    ) -> SeldonResponse:
        """A class without the method predicts nothing and transforms nothing, as in v1."""
        try:
            return SeldonResponse.create(self._call(step, value, list(names), meta=meta))
        except (MissingMethodError, SeldonNotImplementedError):
            return SeldonResponse([] if step == "predict" else value)

    def route(self, value: object, names: Sequence[str], meta: Mapping[str, Any] | None) -> SeldonResponse:
        chosen = SeldonResponse.create(self._call("route", value, list(names), meta=meta))
        try:
            chosen.data = chosen.data.__index__()  # NumPy's integers are integers too
        except AttributeError:
            raise ServingError(f"route must return the number of a child, and returned {chosen.data!r}") from None
        return chosen

    def aggregate(self, values: Sequence[object], names: Sequence[Sequence[str]]) -> SeldonResponse:
        return SeldonResponse.create(self._call("aggregate", list(values), [list(each) for each in names]))

    def send_feedback(
        self, value: object, names: Sequence[str], reward: float, truth: object, routing: int | None
    ) -> SeldonResponse:
        """Without a method, or without an answer of it, the answer is an empty array."""
        try:
            answer = SeldonResponse.create(
                self._call("send_feedback", value, list(names), reward, truth, routing=routing)
            )
        except (MissingMethodError, SeldonNotImplementedError):
            return SeldonResponse([])
        if answer.data is None:
            answer.data = []
        return answer

    def health(self) -> object:
        try:
            return self._call("health_status")
        except (MissingMethodError, SeldonNotImplementedError):
            return "not implemented - assuming healthy" if isinstance(self.user, SeldonComponent) else "healthy"

    def raw(self, name: str, *request: object) -> Any:  # noqa: ANN401 - a dictionary, a message, or what else there is
        """`SeldonNotImplementedError` where the usual method is to be called instead."""
        return self._call(name, *request)

    def tags(self) -> dict[str, Any]:
        return dict(self._optional("tags") or {})

    def metrics(self, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of the object, then those that came with the answer."""
        own: Any = self._optional("metrics") or []
        for metrics in (own, said):
            if not validate_metrics(metrics):
                raise BadMetricError(f"Bad metric created during request: {metrics}")
        return [*own, *said]

    def class_names(self) -> tuple[str, ...]:
        """A method, or an attribute as in old classes; () leaves it to the answer."""
        return _names(self._optional("class_names") if self.has("class_names") else _attribute(self.user))

    def feature_names(self) -> tuple[str, ...]:
        return _names(self._optional("feature_names"))

    def init_metadata(self) -> object:
        return self._optional("init_metadata") or {}

    def _optional(self, name: str) -> Any:  # noqa: ANN401 - of the user's own
        try:
            return self._call(name)
        except (MissingMethodError, SeldonNotImplementedError):
            return None

    def _call(self, name: str, *given: object, **optional: object) -> Any:  # noqa: ANN401 - as above
        if name not in self._methods:
            raise MissingMethodError(f"{name.capitalize()} not defined")
        method, taken = self._methods[name]
        return method(*given, **{key: value for key, value in optional.items() if key in taken})


_STEPS = ("predict", "transform_input", "transform_output", "route", "aggregate", "send_feedback")
_CALLED = (
    *_STEPS,
    *(f"{step}_{form}" for step in _STEPS for form in ("raw", "rest", "grpc")),
    *("health_status", "health_status_raw", "tags", "metrics", "class_names", "feature_names", "init_metadata"),
)


def _own(user: object, name: str) -> Method | None:
    """The method, unless it is the one of `SeldonComponent`, which does nothing."""
    method: Any = getattr(user, name, None)
    if not callable(method) or getattr(method, "__func__", None) is getattr(SeldonComponent, name, method):
        return None
    found: Method = method
    return found


def _taken(method: Method) -> frozenset[str]:
    """Which optional arguments the signature has. v1 tried and called again after any TypeError, the model's own too."""
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):  # of a compiled method
        return frozenset()
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return frozenset(OPTIONAL)
    return frozenset(OPTIONAL) & set(signature.parameters)


def _attribute(user: object) -> object:
    found = getattr(user, "class_names", None)
    return None if callable(found) else found


def _names(found: Any) -> tuple[str, ...]:  # noqa: ANN401 - any iterable
    return () if found is None else tuple(map(str, found))
