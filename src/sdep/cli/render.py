"""The command `sdep render`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import KIND, SeldonDeployment, parse
from sdep.api.status import Pin
from sdep.api.validation import problems
from sdep.errors import InvalidError
from sdep.plan import Plan, units_with_models
from sdep.registry.reference import parse as parse_uri
from sdep.render import render
from sdep.rollout.weights import requested
from sdep.settings import OperatorSettings


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="sdep render",
        description="Print what the operator would create. Models are not looked up: each is rendered by its reference.",
    )
    parser.add_argument("file", type=argparse.FileType(), help="a manifest, or - for standard input")
    parser.add_argument("-n", "--namespace", default="default", help="for manifests that name none")
    parser.add_argument("--runtime-image", default="sdep-runtime")
    given = parser.parse_args(arguments)
    settings = OperatorSettings(runtime_image=given.runtime_image)
    for manifest in yaml.safe_load_all(given.file):
        if isinstance(manifest, dict) and manifest.get("kind") == KIND:
            manifest["metadata"].setdefault("namespace", given.namespace)
            yaml.safe_dump_all(_rendered(manifest, settings), sys.stdout, sort_keys=False, explicit_start=True)
    return 0


def _rendered(manifest: dict[str, Any], settings: OperatorSettings) -> Iterator[dict[str, Any]]:
    sdep = with_defaults(parse(manifest))
    found = problems(sdep)
    for problem in found:
        sys.stderr.write(f"{problem.severity}: {sdep.metadata.name}: {problem}\n")
    if any(problem.severity == "error" for problem in found):
        raise InvalidError("InvalidManifest", f"{sdep.metadata.name} can not be rendered")
    plan = Plan(sdep, _unresolved(sdep), requested(sdep.spec.predictors), settings)
    return (made.body for made in render(plan))


def _unresolved(sdep: SeldonDeployment) -> dict[tuple[str, str], Pin]:
    pins = {}
    for key, unit in units_with_models(sdep):
        uri = unit.model_uri or ""
        parse_uri(uri)
        pins[key] = Pin(predictor=key[0], unit=key[1], uri=uri, artifact_uri=uri)
    return pins
