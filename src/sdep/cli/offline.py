"""What the operator would plan for a manifest, from files alone: its settings, its models, its weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from sdep.admission.judge import judge
from sdep.api.defaults import with_defaults
from sdep.api.graph import Unit
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Pin
from sdep.errors import InvalidError
from sdep.plan import UnitKey, fetched_as_written, units_with_models
from sdep.registry.hold import read_holds
from sdep.registry.reference import AliasReference, StageReference, VersionReference
from sdep.registry.reference import parse as parse_uri
from sdep.settings import OperatorSettings

DEFAULT_RUNTIME_IMAGE = "sdep-runtime"


def valid(manifest: Mapping[str, Any], namespace: str, settings: OperatorSettings) -> SeldonDeployment:
    """The SeldonDeployment with defaults; warnings go to standard error. Raises InvalidError where the operator would refuse it."""
    sdep = parse(manifest)
    if "namespace" not in (manifest.get("metadata") or {}):
        sdep = sdep.model_copy(update={"metadata": sdep.metadata.model_copy(update={"namespace": namespace})})
    sdep = with_defaults(sdep)
    found = judge(sdep, settings)
    for problem in found:
        sys.stderr.write(f"{problem.severity}: {sdep.metadata.name}: {problem}\n")
    if any(problem.severity == "error" for problem in found):
        raise InvalidError("InvalidManifest", f"{sdep.metadata.name} can not be rendered")
    return sdep


def chosen_settings(given: argparse.Namespace, base: Mapping[str, Any]) -> OperatorSettings:
    """`base`, over it the file of --settings, over that each --set."""
    values: dict[str, Any] = {"runtime_image": DEFAULT_RUNTIME_IMAGE, **base}
    if given.settings:
        values |= {to_snake(str(name)): value for name, value in _mapping(given.settings).items()}
    for text in given.set:
        name, sign, value = text.partition("=")
        if not sign:
            raise InvalidError("InvalidSettings", f"--set {text}: write NAME=VALUE")
        values[to_snake(name)] = yaml.safe_load(value)
    if given.runtime_image:
        values["runtime_image"] = given.runtime_image
    try:
        return OperatorSettings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise InvalidError("InvalidSettings", faults) from error


def pins(sdep: SeldonDeployment, asked: Sequence[str], known: Sequence[Pin] = ()) -> dict[UnitKey, Pin]:
    """The pin of every unit: what --models says, else its hold, else what `known` (a status) says of that very URI, else its URI."""
    chosen, files = _models(asked)
    stored = {(pin.predictor, pin.unit): pin for pin in (*known, *files)}
    used: set[str] = set()
    made = {}
    as_written = fetched_as_written(sdep)
    holds = read_holds(sdep).models
    for key, unit in units_with_models(sdep):
        uri = unit.model_uri or ""
        parse_uri(uri, as_written=key in as_written)
        word = next((name for name in _names(key, unit) if name in chosen), None)
        held, old = holds.get(key), stored.get(key)
        if word:
            used.add(word)
            made[key] = _chosen(key, unit, chosen[word])
        elif held:
            made[key] = Pin(
                predictor=key[0],
                unit=key[1],
                uri=uri,
                name=held.name,
                version=held.version,
                artifact_uri=held.artifact_uri,
                held=True,
            )
        elif old and (old.uri == uri or old in files):
            made[key] = old.model_copy(update={"uri": uri})
        else:
            made[key] = Pin(predictor=key[0], unit=key[1], uri=uri, artifact_uri=uri)
    if unused := sorted(chosen.keys() - used):
        known_units = ", ".join("/".join(key) for key in made) or "none"
        raise InvalidError(
            "InvalidModels", f"--models {unused[0]}: no such unit or model; units with a model: {known_units}"
        )
    return made


def _models(asked: Sequence[str]) -> tuple[dict[str, str], list[Pin]]:
    chosen: dict[str, str] = {}
    files: list[Pin] = []
    for text in asked:
        name, sign, value = text.partition("=")
        if sign and value:
            chosen[name] = value
        else:
            files += _of_file(Path(text))
    return chosen, files


def _of_file(path: Path) -> list[Pin]:
    """Pins from a status, from a SeldonDeployment that has one, or from `sdep history -o yaml`."""
    content = _mapping(path)
    entries = (content.get("status") or content).get("models") or ()
    try:
        return [Pin.model_validate(entry, by_alias=True, by_name=False) for entry in entries]
    except ValidationError as error:
        fault = error.errors()[0]
        raise InvalidError("InvalidModels", f"{path}: models{list(fault['loc'])}: {fault['msg']}") from error


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InvalidError("FileUnreadable", f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise InvalidError("FileUnreadable", f"{path}: no YAML: {error}") from error
    if not isinstance(content, dict):
        raise InvalidError("FileUnreadable", f"{path}: holds no `name: value` pairs")
    return content


def _names(key: UnitKey, unit: Unit) -> list[str]:
    """By what a unit can be meant, the most special first."""
    return ["/".join(key), key[1], _registered(unit)]


def _registered(unit: Unit) -> str:
    reference = parse_uri(unit.model_uri or "", as_written=True)
    return reference.name if isinstance(reference, VersionReference | AliasReference | StageReference) else ""


def _chosen(key: UnitKey, unit: Unit, value: str) -> Pin:
    """A version of the unit's own model, or an artifact URI."""
    uri, name = unit.model_uri or "", _registered(unit)
    if not value.isdecimal():
        return Pin(predictor=key[0], unit=key[1], uri=uri, artifact_uri=value)
    if not name:
        raise InvalidError(
            "InvalidModels", f"--models {'/'.join(key)}={value}: {uri} has no versions: give an artifact URI"
        )
    artifact = f"models:/{name}/{value}"
    return Pin(predictor=key[0], unit=key[1], uri=uri, name=name, version=value, artifact_uri=artifact)
