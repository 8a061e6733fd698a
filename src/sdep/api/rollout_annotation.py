"""The rollout of a SeldonDeployment: from its spec, or from an annotation of manifests that must stay plain v1."""

from __future__ import annotations

from sdep.api.annotated import read
from sdep.api.rollout import RolloutSpec
from sdep.api.seldon_deployment import SeldonDeployment

ROLLOUT_ANNOTATION = "sdep.io/rollout"
FIELD = f"metadata.annotations[{ROLLOUT_ANNOTATION}]"


def rollout_of(sdep: SeldonDeployment) -> RolloutSpec | None:
    """`spec.rollout`, or else what the annotation says in YAML or JSON. Raises InvalidError of text that is no rollout."""
    text = sdep.annotation(ROLLOUT_ANNOTATION)
    if sdep.spec.rollout is not None or text is None:
        return sdep.spec.rollout
    return read(RolloutSpec, text, FIELD)
