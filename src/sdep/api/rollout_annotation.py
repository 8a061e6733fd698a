"""The rollout of a SeldonDeployment: from its spec, or from an annotation of manifests that must stay plain v1."""

from __future__ import annotations

from functools import lru_cache

import yaml
from pydantic import ValidationError

from sdep.api.rollout import RolloutSpec
from sdep.api.seldon_deployment import SeldonDeployment, path_of
from sdep.errors import InvalidError

ROLLOUT_ANNOTATION = "sdep.io/rollout"
FIELD = f"metadata.annotations[{ROLLOUT_ANNOTATION}]"


def rollout_of(sdep: SeldonDeployment) -> RolloutSpec | None:
    """`spec.rollout`, or else what the annotation says in YAML or JSON. Raises InvalidError of text that is no rollout."""
    text = sdep.annotation(ROLLOUT_ANNOTATION)
    return sdep.spec.rollout if sdep.spec.rollout is not None or text is None else _read(text)


@lru_cache(maxsize=256)
def _read(text: str) -> RolloutSpec:
    """Kept, since every look asks for it several times."""
    try:
        return RolloutSpec.model_validate(yaml.safe_load(text) or {}, by_alias=True, by_name=False)
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidError("InvalidManifest", f"{FIELD} is no YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{path_of(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False))
        raise InvalidError("InvalidManifest", f"{FIELD}: {faults}") from error
