"""The experiment of a SeldonDeployment: from its spec, or from an annotation of manifests that must stay plain v1."""

from __future__ import annotations

from sdep.api.annotated import read
from sdep.api.experiment import ExperimentSpec
from sdep.api.seldon_deployment import SeldonDeployment

EXPERIMENT_ANNOTATION = "sdep.io/experiment"
FIELD = f"metadata.annotations[{EXPERIMENT_ANNOTATION}]"


def experiment_of(sdep: SeldonDeployment) -> ExperimentSpec | None:
    """`spec.experiment`, or else what the annotation says in YAML or JSON. Raises InvalidError of text that is no experiment."""
    text = sdep.annotation(EXPERIMENT_ANNOTATION)
    if sdep.spec.experiment is not None or text is None:
        return sdep.spec.experiment
    return read(ExperimentSpec, text, FIELD)
