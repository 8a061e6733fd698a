"""What a SeldonDeployment says of its routes: the annotations of Seldon Core v1, and our own beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sdep.api.seldon_deployment import SeldonDeployment

HOST = "seldon.io/istio-host"
GATEWAY = "seldon.io/istio-gateway"
RETRIES = "seldon.io/istio-retries"
RETRIES_TIMEOUT = "seldon.io/istio-retries-timeout"
INGRESS = "sdep.io/ingress"
HEADER_ROUTING = "sdep.io/header-routing"
ROUTE_HEADER = "sdep.io/route-header"
STICKY = "sdep.io/sticky"

DEFAULT_ROUTE_HEADER = "x-sdep-predictor"
ANY_HOST = "*"


@dataclass(frozen=True)
class Retries:
    attempts: int
    seconds: int
    """How long one attempt may take."""


@dataclass(frozen=True)
class Sticky:
    """By what a client is told from others. `header` is its name, in lower case, where it is by header."""

    by: Literal["cookie", "header", "source-ip"]
    header: str = ""


def host(sdep: SeldonDeployment) -> str:
    return sdep.annotation(HOST) or ANY_HOST


def retries(sdep: SeldonDeployment) -> Retries | None:
    """None where no retries are asked for, or what is asked for cannot be read."""
    attempts = sdep.annotation(RETRIES) or "0"
    seconds = sdep.annotation(RETRIES_TIMEOUT) or "1"
    if not (_is_count(attempts) and _is_count(seconds)) or int(attempts) == 0:
        return None
    return Retries(int(attempts), int(seconds))


def route_header(sdep: SeldonDeployment) -> str | None:
    """The header, in lower case, whose value names the predictor; None where requests may not choose."""
    if sdep.annotation(HEADER_ROUTING) != "true":
        return None
    return (sdep.annotation(ROUTE_HEADER) or DEFAULT_ROUTE_HEADER).lower()


def sticky(sdep: SeldonDeployment) -> Sticky | None:
    """None where nothing is asked for, or what is asked for cannot be read."""
    by, _, header = (sdep.annotation(STICKY) or "").partition(":")
    if by == "header" and header.strip():
        return Sticky("header", header.strip().lower())
    if not header and by in {"cookie", "source-ip"}:
        return Sticky("cookie" if by == "cookie" else "source-ip")
    return None


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal()
