"""The rules that annotations about routes must keep: a value that would be refused later, or silently mean nothing, is named here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from sdep.api import route_annotations as routes
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.settings import IngressName

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = rf"{_LABEL}(\.{_LABEL})*"
_HOST = re.compile(rf"\*|(\*\.)?{_NAME}")
_GATEWAY = re.compile(rf"({_LABEL}/)?{_NAME}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,256}")
_COUNT = re.compile(r"[0-9]{1,6}")
_SECONDS = re.compile(r"[1-9][0-9]{0,5}")


def problems_of(sdep: SeldonDeployment) -> Iterator[Problem]:
    """Every annotation about routes whose value cannot be meant."""
    yield from _shaped(sdep, routes.HOST, _HOST, "is no host name: use one such as models.example.com, or *")
    yield from _shaped(sdep, routes.GATEWAY, _GATEWAY, "names no Gateway: use namespace/name")
    yield from _shaped(sdep, routes.RETRIES, _COUNT, "is no number of attempts: use one such as 3, or 0 for none")
    yield from _shaped(sdep, routes.RETRIES_TIMEOUT, _SECONDS, "is no number of seconds: use a whole one such as 2")
    yield from _shaped(sdep, routes.ROUTE_HEADER, _HEADER, "is no header name: use one such as x-sdep-predictor")
    yield from _ingress(sdep)
    yield from _header_routing(sdep)
    yield from _sticky(sdep)


def annotation_field(sdep: SeldonDeployment, name: str) -> str:
    """Where the annotation that counts stands."""
    return f"{'spec' if name in (sdep.spec.annotations or {}) else 'metadata'}.annotations[{name}]"


def _shaped(sdep: SeldonDeployment, name: str, pattern: re.Pattern[str], advice: str) -> Iterator[Problem]:
    value = sdep.annotation(name)
    if value and not pattern.fullmatch(value):
        yield _invalid(sdep, name, f"{value!r} {advice}")


def _ingress(sdep: SeldonDeployment) -> Iterator[Problem]:
    value = sdep.annotation(routes.INGRESS)
    known = get_args(IngressName)
    if value is not None and value not in known:
        yield _invalid(sdep, routes.INGRESS, f"{value!r} is no ingress: use one of {', '.join(known)}")


def _header_routing(sdep: SeldonDeployment) -> Iterator[Problem]:
    value = sdep.annotation(routes.HEADER_ROUTING)
    if value not in {None, "true", "false"}:
        yield _invalid(sdep, routes.HEADER_ROUTING, f'{value!r} is neither "true" nor "false"')


def _sticky(sdep: SeldonDeployment) -> Iterator[Problem]:
    value = sdep.annotation(routes.STICKY)
    found = routes.sticky(sdep)
    if value and (found is None or (found.by == "header" and not _HEADER.fullmatch(found.header))):
        yield _invalid(sdep, routes.STICKY, f"{value!r} is not known: use cookie, header:<name> or source-ip")


def _invalid(sdep: SeldonDeployment, name: str, message: str) -> Problem:
    return Problem("error", "InvalidManifest", annotation_field(sdep, name), message)
