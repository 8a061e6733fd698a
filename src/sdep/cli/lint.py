"""The command `sdep lint`: the operator's own rules, and what only the file can tell, each with its line."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from sdep.admission.judge import judge
from sdep.api.base import KubeModel
from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.cli import options
from sdep.cli.documents import Document, UnreadableError, read
from sdep.cli.offline import chosen_settings
from sdep.cli.output import emit
from sdep.cli.terminal import terminal
from sdep.errors import InvalidError
from sdep.settings import DEFAULTS, OperatorSettings

DESCRIPTION = """Check manifests without a cluster, by the rules of the operator.

Prints one line a finding, as `file:line: severity: field: message`. Beside the operator's rules it reports what only a
file can tell: unknown fields, which the API server would drop, and keys that are written twice."""
EXAMPLES = (
    "sdep lint deployment.yaml",
    "sdep lint --strict manifests/          # warnings fail too",
    "kustomize build . | sdep lint -o json -",
)

_PREDICTOR = re.compile(r"spec\.predictors\[(\d+)\]")


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    file: str
    line: int
    severity: str
    reason: str
    object: str
    field: str
    message: str


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_files(parser)
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    options.add_settings(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    found, checked = _lint(given.files, chosen_settings(given, {}))
    errors = sum(finding.severity == "error" for finding in found)
    warnings = len(found) - errors
    if given.output:
        emit(
            {"checked": checked, "errors": errors, "warnings": warnings, "findings": [asdict(f) for f in found]},
            given.output,
        )
    else:
        _print(found, given.color)
        sys.stderr.write(
            f"{_count(checked, 'SeldonDeployment')}, {_count(errors, 'error')}, {_count(warnings, 'warning')}\n"
        )
    return 1 if errors or (warnings and given.strict) else 0


def _lint(files: Sequence[str], settings: OperatorSettings) -> tuple[list[Finding], int]:
    found: list[Finding] = []
    checked = 0
    for name in files:  # a file that can not be read hides none of the others
        try:
            for document in read([name]):
                checked += 1
                found += sorted(findings(document, settings), key=lambda finding: finding.line)
        except UnreadableError as error:
            found.append(Finding(error.file, error.line, "error", error.reason, "", "", error.said))
    return found, checked


def findings(document: Document, settings: OperatorSettings = DEFAULTS) -> Iterator[Finding]:
    """All that is to be said of one manifest."""
    name = str((document.body.get("metadata") or {}).get("name", ""))
    for line, key in document.duplicates:
        message = f"{key!r} is written twice here: the last one wins"
        yield Finding(document.file, line, "warning", "DuplicateKey", name, key, message)
    try:
        sdep = parse(document.body)
    except InvalidError as error:
        yield from _unparsed(document, name, error)
        return
    complete = with_defaults(sdep)
    for problem in judge(complete, settings):
        line = document.line(problem.field, _units(complete, problem.field))
        yield Finding(document.file, line, problem.severity, problem.reason, name, problem.field, problem.message)
    for field, message in _unknown(sdep.spec, "spec"):
        yield Finding(document.file, document.line(field), "warning", "UnknownField", name, field, message)


def _unparsed(document: Document, name: str, error: InvalidError) -> Iterator[Finding]:
    """Each fault of a manifest that can not be read, by itself."""
    cause = error.__cause__
    faults = cause.errors(include_url=False) if isinstance(cause, ValidationError) else []
    for fault in faults:
        field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault["loc"]).lstrip(".")
        yield Finding(document.file, document.line(field), "error", error.reason, name, field, fault["msg"])
    if not faults:
        yield Finding(document.file, document.line(""), "error", error.reason, name, "", error.message)


def _unknown(model: KubeModel, path: str) -> Iterator[tuple[str, str]]:
    """Fields that the resource does not have, with the one that was meant, perhaps."""
    known = [field.alias or to_camel(name) for name, field in type(model).model_fields.items()]
    for name in model.model_extra or {}:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]}?" if near else ""
        yield f"{path}.{name}", f"unknown field, which the API server drops{hint}"
    for name, field in type(model).model_fields.items():
        for suffix, part in _parts(getattr(model, name)):
            yield from _unknown(part, f"{path}.{field.alias or to_camel(name)}{suffix}")


def _parts(value: object) -> Iterator[tuple[str, KubeModel]]:
    if isinstance(value, KubeModel):
        yield "", value
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, item in enumerate(value):
            if isinstance(item, KubeModel):
                yield f"[{number}]", item


def _units(sdep: SeldonDeployment, field: str) -> list[str]:
    match = _PREDICTOR.match(field)
    if not match or int(match[1]) >= len(sdep.spec.predictors):
        return []
    return [unit.name or "" for unit in sdep.spec.predictors[int(match[1])].graph.walk()]


def _print(found: Sequence[Finding], color: str) -> None:
    term = terminal(color)
    tones: Mapping[str, str] = {"error": "bad", "warning": "busy"}
    for finding in found:
        place = term.paint(f"{finding.file}:{finding.line}:", "strong")
        severity = term.paint(finding.severity, "bad" if tones[finding.severity] == "bad" else "busy")
        subject = f" {finding.field}:" if finding.field else ""
        sys.stdout.write(f"{place} {severity}{subject} {finding.message}\n")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
