"""How sure classifiers say that they are, and how right they are when they say so; the accuracy to expect without a truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from sklearn.metrics import brier_score_loss

from sdep.contract import ServedModel, ServedPredictor, ServedUnit
from sdep.runtime.confidence import BINS, are_probabilities, bins_of, stated
from sdep.runtime.drift.profile import profile_of
from sdep.runtime.drift.tap import Tap
from sdep.runtime.message import Payload
from sdep.runtime.metrics import Metrics
from sdep.runtime.reference.reference import Reference
from sdep.runtime.seldon.truth import Outcome

MODEL = ServedUnit(name="m", implementation="MLFLOW_SERVER", model=ServedModel(name="price", version="2"))
PREDICTOR = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=MODEL)


def population(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes that are right as often as they say, and the classes that came."""
    generator = np.random.default_rng(seed)
    of_one = generator.beta(0.8, 0.8, rows)
    return np.column_stack([1 - of_one, of_one]), (generator.random(rows) < of_one).astype(int)


def samples(metrics: Metrics) -> dict[tuple[str, str, str], float]:
    """By name, confidence and outcome."""
    return {
        (sample.name, sample.labels.get("confidence", ""), sample.labels.get("outcome", "")): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
        if sample.labels.get("model_version") == "2"
    }


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_every_confidence_is_in_the_bin_whose_edge_it_does_not_exceed(numbers: list[float]) -> None:
    """The label is the bin's upper edge."""
    for number, place in zip(numbers, bins_of(np.array(numbers)).tolist(), strict=True):
        assert number <= float(BINS[place]) + 1e-8
        assert place == 0 or number > float(BINS[place - 1]) - 1e-8


@pytest.mark.parametrize(
    ("rows", "they_are"),
    [
        ([[0.1, 0.9]], True),
        ([[0.1, 0.8]], False),
        ([[1.5, -0.5]], False),
        ([[1.0]], False),
        ([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], True),
        ([[float("nan"), 1.0]], False),
    ],
)
def test_only_rows_that_sum_to_one_are_probabilities(rows: list[list[float]], *, they_are: bool) -> None:
    """Scores, margins and single numbers say nothing of how sure a model is."""
    assert are_probabilities(np.array(rows)) is they_are


def test_briers_score_is_scikit_learns() -> None:
    """Over both classes it is twice scikit-learn's of one; a truth that is no class of the model's says nothing."""
    rows, truth = population(500)
    found = stated(rows, truth, ())
    assert np.mean(found.brier) == pytest.approx(2 * brier_score_loss(truth, rows[:, 1]))
    assert stated(rows[:2], np.array([7, np.nan]), ()).confidence == []


def test_calibration_is_counted_by_bins_and_version() -> None:
    """From the counters follow accuracy and confidence of each bin, which of a calibrated model are the same."""
    metrics = Metrics(PREDICTOR)
    rows, truth = population(20_000)
    found = stated(rows, truth, ())
    metrics.tracking.observe(MODEL, {}, Outcome(sum(found.right), 20_000 - sum(found.right), stated=found))
    told = samples(metrics)
    for edge in BINS[5:]:
        right, wrong = (told["model_calibration_rows_total", edge, said] for said in ("correct", "incorrect"))
        sure = told["model_calibration_confidence_sum_total", edge, ""]
        assert right / (right + wrong) == pytest.approx(sure / (right + wrong), abs=0.03)
    assert told["model_brier_score_sum_total", "", ""] == pytest.approx(sum(found.brier))


def test_the_accuracy_to_expect_is_the_mean_confidence_and_needs_no_truth() -> None:
    """Of a calibrated model it is what the truth, when it comes, will say; here within two points."""
    metrics = Metrics(PREDICTOR)
    tap = Tap(profile_of(Reference(("x",), (np.arange(50.0),)), (), {}))
    metrics.watch_drift(tap)
    tap.close()
    rows, truth = population(10_000, seed=1)
    for start in range(0, 10_000, 100):
        part = rows[start : start + 100]
        tap.offer(Payload(part[:, :1], "tensor"), Payload(part, "tensor"))
    tap.count()
    told = samples(metrics)
    counted = sum(told["model_confidence_rows_total", edge, ""] for edge in BINS)
    assert counted == 10_000
    expected = told["model_confidence_sum_total", "", ""] / counted
    assert expected == pytest.approx(np.mean(rows.argmax(axis=1) == truth), abs=0.02)
