"""What this product makes of a manifest, with no cluster and no registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdep.api.defaults import with_defaults
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Pin
from sdep.api.validation import problems
from sdep.plan import Plan, units_with_models
from sdep.render import render
from sdep.render.manifest import Manifest
from sdep.rollout.weights import requested
from sdep.settings import OperatorSettings

SETTINGS = OperatorSettings(runtime_image="sdep-runtime:test", explainer_image="explainer:test")


def said(manifest: Mapping[str, Any], settings: OperatorSettings = SETTINGS) -> tuple[Problem, ...]:
    """All that is refused or warned of. Raises InvalidError where the manifest can not even be read."""
    return problems(with_defaults(parse(manifest)), settings)


def rendered(manifest: Mapping[str, Any], settings: OperatorSettings = SETTINGS) -> tuple[Manifest, ...]:
    """Every child, with all models taken to be where their URI says."""
    sdep = with_defaults(parse(manifest))
    return render(Plan(sdep, _pins(sdep), requested(sdep.spec.predictors), settings))


def _pins(sdep: SeldonDeployment) -> dict[tuple[str, str], Pin]:
    return {
        key: Pin(predictor=key[0], unit=key[1], uri=unit.model_uri or "", artifact_uri=unit.model_uri or "")
        for key, unit in units_with_models(sdep)
    }
