"""Metrics of a class's own: what is kept, under which name, and what bounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.classes.custom_metrics import MAX_SERIES, CustomMetrics

if TYPE_CHECKING:
    import pytest

LABELS = {"model_name": "m"}
DROPPED = "seldon_api_model_custom_metrics_dropped_total"


def counter(key: str, value: object = 1, **tags: str) -> dict[str, object]:
    return {"type": "COUNTER", "key": key, "value": value, "tags": tags}


def test_label_sets_are_bounded_and_drops_are_counted() -> None:
    """A tag with a value of its own for each request fills the page and no more; known series count on."""
    metrics = CustomMetrics(LABELS)
    metrics.update([counter("asked", user=str(number)) for number in range(MAX_SERIES + 5)], "predict")
    metrics.update([counter("asked", user="0")], "predict")
    page = metrics.exposition()

    assert page.count("asked_total{") == MAX_SERIES
    assert 'asked_total{method="predict",model_name="m",user="0"} 2.0' in page
    assert f'{DROPPED}{{model_name="m"}} 5.0' in page


def test_one_wrong_metric_does_not_spoil_the_page() -> None:
    """A name that Prometheus does not take is mended; what is no number, falls, or is there with another meaning, is not kept."""
    metrics = CustomMetrics(LABELS, taken=["process_max_fds"])
    gauge = {"type": "GAUGE", "value": 1}
    metrics.update([counter("my-key"), counter("2nd"), counter("twice_total"), counter("down", -1)], "predict")
    metrics.update([counter("nan", float("nan")), counter("word", "x"), {"key": "none"}], "predict")
    metrics.update([{**gauge, "key": "process_max_fds"}, {**gauge, "key": "both"}], "predict")
    metrics.update([{"type": "TIMER", "key": "both", "value": 1}, {"type": "SUM", "key": "s", "value": 1}], "predict")
    lines = [line for line in metrics.exposition().splitlines() if not line.startswith("#")]
    values = {line.partition("{")[0]: line.rpartition(" ")[2] for line in lines}

    assert values == {
        "my_key_total": "1.0",
        "_2nd_total": "1.0",
        "twice_total": "1.0",
        "down_total": "0.0",
        "both": "1.0",
        DROPPED: "6.0",
    }


def test_the_log_says_each_reason_once(caplog: pytest.LogCaptureFixture) -> None:
    metrics = CustomMetrics(LABELS)
    metrics.update([counter("a", "x"), counter("b", "x")], "predict")

    assert [record.__dict__["fields"]["reason"] for record in caplog.records] == ["its value is no number"]
