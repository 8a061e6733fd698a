"""Who a unit is, as the operator tells its container: the labels of its metrics, its entry in `meta.requestPath`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from sdep.contract import ServedPredictor, ServedUnit
from sdep.runtime.tracking import model_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "NOT_IMPLEMENTED"
"""v1's word for what no variable says."""


class Identity(NamedTuple):
    """`unit` and `image` are "" where the environment does not name them."""

    unit: str
    image: str
    predictor: str
    version: str
    deployment: str

    def request_path(self) -> dict[str, str]:
        return {self.unit: self.image or f"{UNKNOWN}:{UNKNOWN}"} if self.unit else {}

    def alone(self, unit: ServedUnit) -> ServedPredictor:
        """The unit as the whole graph of a predictor that is called so."""
        return ServedPredictor(
            deployment=self.deployment, namespace="", predictor=self.predictor, version=self.version, graph=unit
        )

    def labels(self) -> dict[str, str]:
        """v1's labels of custom metrics, its older names for three of them included; none for the worker's number."""
        name, tag = split_image(self.image) if self.image else (UNKNOWN, UNKNOWN)
        return {
            "deployment_name": self.deployment or UNKNOWN,
            "model_name": self.unit or UNKNOWN,
            "model_image": name,
            "model_version": tag,
            "predictor_name": self.predictor or UNKNOWN,
            "predictor_version": self.version or UNKNOWN,
            "seldon_deployment_name": self.deployment or UNKNOWN,
            "image_name": name,
            "image_version": tag,
        }


def read_identity(environment: Mapping[str, str]) -> Identity:
    return Identity(
        unit=environment.get("PREDICTIVE_UNIT_ID", ""),
        image=environment.get("PREDICTIVE_UNIT_IMAGE", ""),
        predictor=environment.get("PREDICTOR_ID", ""),
        version=_version(environment.get("PREDICTOR_LABELS", "")),
        deployment=environment.get("SELDON_DEPLOYMENT_ID", ""),
    )


def _version(labels: str) -> str:
    try:
        found = json.loads(labels or "{}")
    except ValueError:
        return ""
    return str(found.get("version", "")) if isinstance(found, dict) else ""


def split_image(image: str) -> tuple[str, str]:
    """Name and tag; the port of a registry and a digest are no tag."""
    _, name, tag = model_labels(ServedUnit(name="", image=image))
    return name, tag
