"""A part of the spec that manifests which must stay plain v1 have in an annotation, as YAML or JSON."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar, cast

import yaml
from pydantic import ValidationError

from sdep.api.base import KubeModel
from sdep.api.seldon_deployment import path_of
from sdep.errors import InvalidError

Part = TypeVar("Part", bound=KubeModel)


def read(kind: type[Part], text: str, field: str) -> Part:
    """Raises InvalidError of text that is no such part; `field` is how the error names the annotation."""
    return cast("Part", _read(kind, text, field))


@lru_cache(maxsize=256)
def _read(kind: type[KubeModel], text: str, field: str) -> KubeModel:
    """Kept, since every look asks for it several times."""
    try:
        return kind.model_validate(yaml.safe_load(text) or {}, by_alias=True, by_name=False)
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidError("InvalidManifest", f"{field} is no YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{path_of(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False))
        raise InvalidError("InvalidManifest", f"{field}: {faults}") from error
