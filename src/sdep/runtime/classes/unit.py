"""One unit that a class serves: each call of v1's internal API, in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.classes.question import Question, features
from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Message, Meta, Payload, merged
from sdep.runtime.servers.model import answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdep.runtime.classes.component import Component, Transforming
    from sdep.runtime.classes.custom_metrics import CustomMetrics
    from sdep.runtime.classes.identity import Identity
    from sdep.runtime.classes.v1.user_model import SeldonResponse
    from sdep.runtime.rpc import seldon_pb2 as pb

METHOD_LABELS = {
    "predict": "predict",
    "transform_input": "inputtransform",
    "transform_output": "outputtransform",
    "route": "router",
    "aggregate": "aggregate",
    "send_feedback": "feedback",
}
"""v1's values of the label `method` of custom metrics."""

READABLE = (np.ndarray, np.generic, list, tuple, dict, str, bytes, bytearray, int, float)
NOTHING_SENT = Payload(None, "strData")


class ClassUnit:
    """Blocks, and is called in the class's lane only."""

    def __init__(
        self, component: Component, identity: Identity, metrics: CustomMetrics, *, metrics_in_answers: bool
    ) -> None:
        self.component = component
        self.metrics = metrics
        self._path = identity.request_path()
        self._unit = identity.unit or "0"
        self._metrics_in_answers = metrics_in_answers

    def transform(self, step: Transforming, question: Question) -> Message:
        payload, meta = question.message
        said = self.component.transform(step, features(payload), payload.names, question.meta)
        kept = self._names_kept(step, payload)
        return self._answer(step, payload, said, meta, kept)

    def route(self, question: Question) -> Message:
        """The answer carries nothing of the request's meta but its puid, as in v1."""
        payload, meta = question.message
        said = self.component.route(features(payload), payload.names, question.meta)
        said.data = np.array([[said.data]])
        return self._answer("route", payload, said, Meta(meta.puid))

    def aggregate(self, questions: Sequence[Question]) -> Message:
        payloads = [question.message.payload for question in questions]
        said = self.component.aggregate([features(each) for each in payloads], [each.names for each in payloads])
        return self._answer("aggregate", payloads[0], said, merged([question.message.meta for question in questions]))

    def send_feedback(self, message: pb.Feedback) -> Message:
        from sdep.runtime.classes.feedback import read_feedback  # noqa: PLC0415 - protobuf, for those who send any

        request, reward, truth, routing = read_feedback(message)
        names, branch = request.payload.names, routing.get(self._unit)
        said = self.component.send_feedback(features(request.payload), names, reward, truth, branch)
        return self._answer("send_feedback", request.payload, said, Meta(request.meta.puid))

    def health(self) -> Message:
        """Does not ask for `metrics()`: a probe must not count what requests count."""
        payload = self._payload(NOTHING_SENT, self.component.health(), ())
        return Message(payload, Meta(tags=self.component.tags(), request_path=self._path))

    def raw(self, name: str, step: str, *request: object) -> Any:  # noqa: ANN401 - as the class answers
        """`SeldonNotImplementedError` says to call the usual method. Metrics leave the answer where clients do not get them."""
        answer = self.component.raw(name, *request)
        if hasattr(answer, "DESCRIPTOR"):
            self._count(step, _metrics_of_message(answer))
            if not self._metrics_in_answers:
                answer.meta.ClearField("metrics")
        elif isinstance(answer, dict) and isinstance(meta := answer.get("meta"), dict):
            self._count(step, meta.get("metrics"))
            if not self._metrics_in_answers:
                answer = {**answer, "meta": {key: value for key, value in meta.items() if key != "metrics"}}
        return answer

    def _count(self, step: str, metrics: object) -> None:
        if isinstance(metrics, (list, tuple)) and step in METHOD_LABELS:
            self.metrics.update([metric for metric in metrics if isinstance(metric, dict)], METHOD_LABELS[step])

    def _answer(
        self, step: str, asked: Payload, said: SeldonResponse, meta: Meta, kept: tuple[str, ...] = ()
    ) -> Message:
        metrics = self.component.metrics(said.metrics)
        self.metrics.update(metrics, METHOD_LABELS[step])
        payload = self._payload(asked, said.data, kept)
        tags = {**meta.tags, **self.component.tags(), **said.tags}
        told = meta.metrics + tuple(metrics) if self._metrics_in_answers else meta.metrics
        return Message(payload, Meta(meta.puid, tags, {}, {**self._path, **meta.request_path}, told))

    def _payload(self, asked: Payload, data: Any, kept: tuple[str, ...]) -> Payload:  # noqa: ANN401 - a user's answer
        """Columns are named by `class_names()`, else by the answer itself (a DataFrame), else as in the request."""
        if hasattr(data, "DESCRIPTOR"):  # gRPC's customData
            return Payload(data, "proto")
        if not (isinstance(data, READABLE) or hasattr(data, "to_numpy") or hasattr(data, "toarray")):
            raise BadDataError(
                f"Unknown data type returned as payload (must be list or np array): {type(data).__name__} {data!r:.200}"
            )
        payload = answer(asked, _array(data) if isinstance(data, list) else data)
        value = payload.value
        if not isinstance(value, np.ndarray) or value.ndim < 2:  # noqa: PLR2004 - no columns
            return payload
        names = self.component.class_names()
        if not names and not hasattr(data, "columns") and len(kept) == value.shape[1]:
            names = kept
        return payload._replace(names=names) if names else payload

    def _names_kept(self, step: str, payload: Payload) -> tuple[str, ...]:
        """What a transformer's columns are called where it says nothing: v1 forgot their names."""
        if step == "predict":
            return ()
        return (self.component.feature_names() if step == "transform_input" else ()) or payload.names


def _metrics_of_message(answer: pb.SeldonMessage) -> tuple[Mapping[str, Any], ...]:
    from sdep.runtime.rpc.convert import meta_of  # noqa: PLC0415 - there is protobuf in it

    return meta_of(answer.meta).metrics


def _array(rows: list[Any]) -> np.ndarray[Any, Any]:
    """Numbers as numbers; all else keeps its type, item by item, as do rows that differ in length."""
    try:
        array = np.array(rows)
    except ValueError:
        return np.array(rows, dtype=object)
    return array if array.dtype.kind in "iufb" else np.array(rows, dtype=object)
