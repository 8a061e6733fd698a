"""What an image with a model is built from, and the manifest that runs it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import yaml

from sdep.api.graph import SERVED
from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.contract import BAKED_FOLDER, BAKED_ROOT, ENV_BAKED_MODEL, ENV_CACHE, ENV_ENVIRONMENT, ServedModel, ServedUnit
from sdep.registry.resolved import ResolvedModel

IMPLEMENTATIONS = tuple(sorted(SERVED))
_USER = "8888:8888"


@dataclass(frozen=True)
class Baked:
    """The unit that the image serves. `uri` is the resolved one: what was built, not what was asked for."""

    uri: str
    unit: ServedUnit

    @classmethod
    def of(cls, asked: str, found: ResolvedModel, implementation: str) -> Baked:
        uri = f"models:/{found.name}/{found.version}" if found.version else found.artifact_uri
        model = ServedModel(name=found.name or asked, version=found.version)
        return cls(uri, ServedUnit(name=_unit_name(found.name), implementation=implementation, model=model))


def dockerfile(baked: Baked, base: str) -> str:
    """The model is checked as an init container does it; an environment of its own is made for it in the image."""
    root, folder, cache = BAKED_ROOT, f"{BAKED_ROOT}/{BAKED_FOLDER}", f"{BAKED_ROOT}/cache"
    unit = json.dumps(baked.unit.model_dump_json(exclude_defaults=True))
    return f"""\
ARG BASE_IMAGE={base}
FROM ${{BASE_IMAGE}}
USER root
COPY model {root}/incoming
RUN mkdir -p {folder} \\
    && {ENV_ENVIRONMENT}=make {ENV_CACHE}={cache} python -m sdep fetch {root}/incoming {folder} \\
    && rm -rf {root}/incoming {cache}/locks {cache}/uv && chmod -R a+rX {root}
USER {_USER}
ENV SDEP_ROOT={root}
ENV {ENV_BAKED_MODEL}={unit}
LABEL org.opencontainers.image.title={json.dumps(baked.unit.name)} io.sdep.model={json.dumps(baked.uri)}
CMD ["serve"]
"""


def manifest(baked: Baked, tag: str) -> str:
    """A SeldonDeployment that runs the image, as YAML."""
    name = baked.unit.name
    container = {"name": name, "image": tag}
    predictor = {
        "name": "default",
        "componentSpecs": [{"spec": {"containers": [container]}}],
        "graph": {"name": name, "type": "MODEL"},
    }
    body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": {"predictors": [predictor]}}
    return yaml.safe_dump(body, sort_keys=False)


def _unit_name(model: str) -> str:
    """A container's name of the registered model's."""
    return re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:50].strip("-") or "model"
