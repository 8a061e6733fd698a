"""Whether to trace, and in the words of which variables: OpenTelemetry's own, or v1's for Jaeger put into those."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.contract import ServedPredictor
    from sdep.runtime.settings import Settings
    from sdep.runtime.tracing.tracing import Tracing

OTLP_HTTP_PORT = 4318
"""Where Jaeger, like every collector, takes OTLP over HTTP; it has done so in place of its own protocols for years."""
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_JAEGER = ("JAEGER_ENDPOINT", "JAEGER_AGENT_HOST")
_YES = frozenset({"1", "true", "yes", "on"})
DEFAULT_PROPAGATORS = "tracecontext,baggage,b3,jaeger"
"""Read whichever of them a caller sends; all of them are sent on."""


def tracing_wanted(environment: Mapping[str, str]) -> bool:
    """Off by default. An OTLP endpoint switches it on, and so does v1's TRACING=1 or an address of Jaeger's."""
    if _is(environment, "OTEL_SDK_DISABLED") or _is(environment, "JAEGER_DISABLED"):
        return False
    if (exporter := environment.get("OTEL_TRACES_EXPORTER", "")) and exporter != "otlp":
        return False
    return (
        bool(exporter) or _is(environment, "TRACING") or any(environment.get(name) for name in (*_ENDPOINTS, *_JAEGER))
    )


def tracing_variables(environment: Mapping[str, str], predictor: ServedPredictor) -> dict[str, str]:
    """What to add to the environment so that OpenTelemetry's SDK reads all of it; what it names itself goes before."""
    added = {
        "OTEL_SERVICE_NAME": environment.get("JAEGER_SERVICE_NAME") or f"{predictor.deployment}-{predictor.predictor}",
        "OTEL_PROPAGATORS": _propagators(environment),
        **_endpoint(environment),
        **_sampler(environment),
    }
    return {name: value for name, value in added.items() if not environment.get(name)}


def _propagators(environment: Mapping[str, str]) -> str:
    return "b3multi" if environment.get("JAEGER_TRACE_PROPAGATION_TYPE", "").lower() == "b3" else DEFAULT_PROPAGATORS


def _endpoint(environment: Mapping[str, str]) -> dict[str, str]:
    if any(environment.get(name) for name in _ENDPOINTS):
        return {}
    collector = environment.get("JAEGER_ENDPOINT", "")
    host = urlsplit(collector).hostname if collector else environment.get("JAEGER_AGENT_HOST")
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{host}:{OTLP_HTTP_PORT}"} if host else {}


def _sampler(environment: Mapping[str, str]) -> dict[str, str]:
    """`const` is all or nothing, `probabilistic` a share; of Jaeger's others nothing can be said here."""
    kind, parameter = environment.get("JAEGER_SAMPLER_TYPE"), environment.get("JAEGER_SAMPLER_PARAM", "1")
    if kind == "const":
        return {"OTEL_TRACES_SAMPLER": "parentbased_always_off" if parameter == "0" else "parentbased_always_on"}
    if kind == "probabilistic":
        return {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": parameter}
    return {}


def _is(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() in _YES


def begin_tracing(settings: Settings) -> Tracing | None:
    """The SDK reads its settings from the process's environment and nowhere else, some of them while it is imported."""
    if settings.tracing is None:
        return None
    os.environ.update(settings.tracing)
    from sdep.runtime.tracing.tracing import start  # noqa: PLC0415

    return start(settings.predictor)
