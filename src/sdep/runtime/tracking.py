"""How right models were, for Prometheus: counted where feedback brings the truth, by the model's version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

from sdep.runtime.calibration import Calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client import CollectorRegistry

    from sdep.contract import ServedUnit
    from sdep.runtime.seldon.truth import Outcome

_ABSOLUTE = tuple(float(f"{digit}e{power}") for power in range(-3, 6) for digit in (1, 3))
_RELATIVE = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_VERSION = re.compile(r"[0-9]{1,9}")
_MOST_VERSIONS = 16
"""Of one model: so many versions are told apart, and the others are one."""
_OTHER = "other"


def model_labels(unit: ServedUnit) -> tuple[str, str, str]:
    """model_name, model_image, model_version. v1 splits an image at every colon; here a registry's port and a digest survive."""
    if unit.model is not None:
        return unit.name, unit.model.name, unit.model.version
    image = unit.image.partition("@")[0]
    head, slash, tail = image.rpartition("/")
    name, _, tag = tail.partition(":")
    return unit.name, head + slash + name, tag


class Tracking:
    """`owner` has the predictor's labels; `registry` gets the metrics."""

    def __init__(self, owner: Mapping[str, str], registry: CollectorRegistry) -> None:
        self._owner = tuple(owner.values())
        labels = (*owner, "model_name", "model_image", "model_version")
        self._predictions = Counter(
            "model_predictions", "Predictions of which the truth is known", (*labels, "outcome"), registry=registry
        )
        self._absolute = Histogram(
            "model_absolute_error", "Distance of a number from the truth", labels, buckets=_ABSOLUTE, registry=registry
        )
        self._relative = Histogram(
            "model_relative_error", "The same, by the truth's size", labels, buckets=_RELATIVE, registry=registry
        )
        self._calibration = Calibration(labels, registry)
        self._versions: dict[str, set[str]] = {}

    def observe(self, unit: ServedUnit, path: Mapping[str, str], outcome: Outcome | None) -> None:
        """`path` is `meta.requestPath` of the answer; no outcome means that answer and truth could not be compared."""
        name, image, version = model_labels(unit)
        labels = (*self._owner, name, image, self._version(name, f"{image}:", version, path))
        if outcome is None:
            self._predictions.labels(*labels, "incomparable").inc()
            return
        self._predictions.labels(*labels, "correct").inc(outcome.correct)
        self._predictions.labels(*labels, "incorrect").inc(outcome.incorrect)
        for histogram, errors in ((self._absolute, outcome.absolute), (self._relative, outcome.relative)):
            series = histogram.labels(*labels)
            for error in errors:
                series.observe(error)
        self._calibration.observe(labels, outcome.stated)

    def _version(self, unit: str, head: str, own: str, path: Mapping[str, str]) -> str:
        """The version that answered, which need not be the one served here now: a gateway sends feedback to any predictor."""
        said = path.get(unit, next(iter(path.values())) if len(path) == 1 else None)
        if said is None or said in {head + own, head[:-1]}:
            return own
        version = said.removeprefix(head)
        known = self._versions.setdefault(unit, set())
        if not _VERSION.fullmatch(version) or (version not in known and len(known) >= _MOST_VERSIONS):
            return _OTHER
        known.add(version)
        return version
