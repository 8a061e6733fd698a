# ruff: noqa: ANN001, ANN201, ANN204, ARG002, FBT002, N803 - written as users write them
"""Classes as users wrote them for Seldon Core v1. Each runs under its wrapper and under ours, and nothing in them knows which."""

import os

import numpy as np
from seldon_core.flask_utils import SeldonMicroserviceException
from seldon_core.metrics import create_counter, create_gauge, create_timer
from seldon_core.user_model import SeldonComponent, SeldonNotImplementedError, SeldonResponse
from seldon_core.utils import json_to_seldon_message, seldon_message_to_json

RETURNS = {
    "list": [[1, 2], [3, 4]],
    "mixed": [["a", 1], ["b", 2]],
    "text": "words",
    "bytes": b"\x00\x01",
    "dict": {"a": [1, {"b": None}]},
    "floats": np.array([[1.5, 2.5]]),
    "integers": np.array([[1, 2]]),
    "booleans": np.array([[True, False]]),
    "words": np.array([["x", "y"]]),
    "one axis": np.array([1.0, 2.0]),
    "no axis": np.array(1.5),
    "nothing": None,
    "scalar": np.float64(2.5),
    "not a number": np.array([[np.nan, 1.0]]),
    "arrays": {"a": np.array([1, 2])},
}


class Whole:
    """Has every call, and derives from nothing."""

    def __init__(self, factor=1, label="none", flag=False):
        self.factor, self.label, self.flag = factor, label, flag
        self.calls = 0

    def load(self):
        self.loaded_by = os.getpid()

    def predict(self, X, names, meta=None):
        self.calls += 1
        if isinstance(X, dict) and X.get("return") in RETURNS:
            return RETURNS[X["return"]]
        if isinstance(X, dict) and "raise" in X:
            raise {"value": ValueError("bad value"), "type": TypeError("bad type"), "own": self.refusal()}[X["raise"]]
        if isinstance(X, dict) and X.get("tell") == "meta":
            return {
                "meta": meta,
                "names": list(names),
                "given": [self.factor, self.label, self.flag],
                "calls": self.calls,
            }
        if isinstance(X, np.ndarray) and X.dtype.kind in "OU":
            return [[str(X.dtype.kind), str(item)] for item in X.ravel()]
        return X * self.factor if isinstance(X, np.ndarray) else X

    def refusal(self):
        return SeldonMicroserviceException("no such thing", status_code=418, reason="TEAPOT")

    def transform_input(self, X, names, meta=None):
        return SeldonResponse(X + 1, tags={"in": "yes"}, metrics=[create_gauge("inputs", 3)])

    def transform_output(self, X, names):
        return X - 1

    def route(self, X, names):
        return int(X[0][0])

    def aggregate(self, Xs, names):
        return sum(Xs)

    def send_feedback(self, X, names, reward, truth, routing=None):
        return [[float(reward), -1.0 if routing is None else float(routing), float(np.sum(X)), float(np.sum(truth))]]

    def tags(self):
        return {"mine": "tag", "number": 1.5}

    def class_names(self):
        return ["left", "right"]

    def metrics(self):
        return [create_counter("calls", 1), create_gauge("level", 100), create_timer("took", 20.2)]

    def health_status(self):
        return [1.0, 2.0]

    def init_metadata(self):
        return {
            "name": "whole",
            "versions": ["v7"],
            "platform": "own",
            "inputs": [{"messagetype": "tensor", "schema": {"names": ["a"], "shape": [1]}}],
            "outputs": [{"name": "y", "datatype": "FP32", "shape": [2]}],
            "custom": {"team": "prices"},
        }


class Bare(SeldonComponent):
    """Has no call at all."""


class Raw(SeldonComponent):
    """Reads and writes messages itself, unless it is told not to."""

    def predict_raw(self, msg):
        message = msg if isinstance(msg, dict) else seldon_message_to_json(msg)
        if message.get("strData") == "usual":
            raise SeldonNotImplementedError("use predict")
        said = {"strData": "raw", "meta": {"metrics": [{"key": "raws", "type": "COUNTER", "value": 2}]}}
        if message.get("strData") == "teapot":
            said["status"] = {"code": 418, "info": "short and stout"}
        return said if isinstance(msg, dict) else json_to_seldon_message(said)

    def predict(self, X, names, meta=None):
        return "usual"

    def aggregate_raw(self, msgs):
        return {"jsonData": {"messages": len(msgs if isinstance(msgs, list) else msgs["seldonMessages"])}}

    def send_feedback_raw(self, feedback):
        return json_to_seldon_message({"strData": f"reward {feedback.reward}"})

    def health_status_raw(self):
        return {"strData": "raw health"}
