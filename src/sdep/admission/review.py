"""What the API server is told of a SeldonDeployment that somebody wants to store: the reconciler's own rules, earlier. Pure."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sdep.admission.judge import judge
from sdep.api.defaults import with_defaults
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import GROUP, KIND, parse
from sdep.errors import InvalidError
from sdep.settings import OperatorSettings

Body = Mapping[str, Any]
_LOG = logging.getLogger(__name__)
_HTTP_UNPROCESSABLE = 422
_LONGEST_WARNING = 120
"""Longer ones may be cut by clients; the whole text is in the condition SpecValid."""


@dataclass(frozen=True)
class Verdict:
    """Why an object is refused, if it is, and what is said beside that."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def review(review_request: object, settings: OperatorSettings) -> dict[str, Any]:
    """The AdmissionReview that answers an AdmissionReview.

    Never raises: what can not be judged here is let through, for the reconciler judges it again.
    """
    request = _mapping(_mapping(review_request).get("request"))
    try:
        verdict = decide(request, settings)
        response: dict[str, Any] = _refusal(request, verdict.errors) if verdict.errors else {"allowed": True}
        warnings = [_short(str(problem)) for problem in verdict.warnings]
    except Exception:  # noqa: BLE001 - a fault of ours must not keep anybody from storing anything
        _LOG.exception("a SeldonDeployment could not be reviewed")
        response, warnings = {"allowed": True}, ["the manifest could not be checked; see the condition SpecValid"]
    response["uid"] = str(request.get("uid") or "")
    if warnings:
        response["warnings"] = list(dict.fromkeys(warnings))
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def decide(request: Body, settings: OperatorSettings) -> Verdict:
    """An update is refused for what it makes worse alone: a finalizer, a label or a mended half always gets through."""
    new, old = _mapping(request.get("object")), _mapping(request.get("oldObject"))
    if request.get("operation") not in {"CREATE", "UPDATE"} or request.get("subResource") or not new:
        return Verdict()
    if _mapping(new.get("metadata")).get("deletionTimestamp"):
        return Verdict()
    found = _broken(_named(new, request), settings)
    errors = [problem for problem in found if problem.severity == "error"]
    warnings = tuple(problem for problem in found if problem.severity == "warning")
    if errors and old:
        before = {str(problem) for problem in _broken(_named(old, request), settings) if problem.severity == "error"}
        if all(str(problem) in before for problem in errors):
            return Verdict((), (*errors, *warnings))
    return Verdict(tuple(errors), warnings)


def _broken(manifest: Body, settings: OperatorSettings) -> tuple[Problem, ...]:
    try:
        sdep = parse(manifest)
        sdep = with_defaults(sdep)
    except InvalidError as error:
        return tuple(Problem("error", error.reason, *_split(fault)) for fault in error.message.split("; "))
    return judge(sdep, settings)


def _split(fault: str) -> tuple[str, str]:
    """Field and message of one fault that `parse` reports."""
    field, separator, message = fault.partition(": ")
    return (field, message) if separator else ("manifest", fault)


def _named(manifest: Body, request: Body) -> Body:
    """The manifest with a name even where the API server is still to make one from `generateName`."""
    metadata = _mapping(manifest.get("metadata"))
    if isinstance(metadata.get("name"), str):
        return manifest
    name = str(request.get("name") or metadata.get("generateName") or "unnamed").rstrip("-")
    return {**manifest, "metadata": {**metadata, "name": name}}


def _refusal(request: Body, errors: tuple[Problem, ...]) -> dict[str, Any]:
    metadata = _mapping(_mapping(request.get("object")).get("metadata"))
    name = str(request.get("name") or metadata.get("name") or metadata.get("generateName") or "")
    causes = [  # kubectl prints these, and not the message
        {"reason": "FieldValueInvalid", "field": problem.field, "message": problem.message}
        for problem in dict.fromkeys(errors)
    ]
    said = "; ".join(dict.fromkeys(str(problem) for problem in errors))
    return {
        "allowed": False,
        "status": {
            "code": _HTTP_UNPROCESSABLE,
            "reason": "Invalid",
            "message": f"{KIND} {json.dumps(name)} is invalid: {said}",
            "details": {"group": GROUP, "kind": KIND, "name": name, "causes": causes},
        },
    }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_WARNING else text[: _LONGEST_WARNING - 1].rstrip() + "…"


def _mapping(value: object) -> Body:
    return value if isinstance(value, Mapping) else {}
