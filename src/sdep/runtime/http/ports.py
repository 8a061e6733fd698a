"""What is served at the main port, and at the ports of single units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.documentation.routes import DocumentationRoutes
from sdep.runtime.http.app import App
from sdep.runtime.http.explain_routes import ExplainRoutes
from sdep.runtime.http.graph_routes import GraphRoutes
from sdep.runtime.http.invocations_routes import InvocationsRoutes
from sdep.runtime.http.open_inference_routes import OpenInferenceRoutes
from sdep.runtime.http.probes import Probes
from sdep.runtime.http.routes import Routes
from sdep.runtime.http.tensorflow_routes import TensorflowRoutes
from sdep.runtime.http.unit_routes import UnitRoutes
from sdep.runtime.openinference.api import OpenInferenceApi
from sdep.runtime.predictor import units_of
from sdep.runtime.remote.reach import Reach
from sdep.runtime.seldon.unit_api import UnitApi

if TYPE_CHECKING:
    from sdep.contract import ServedUnit
    from sdep.runtime.lifecycle import Lifecycle
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.seldon.api import SeldonApi
    from sdep.runtime.settings import Settings
    from sdep.runtime.tracing.tracing import Tracing


def main_app(
    settings: Settings, api: SeldonApi, lifecycle: Lifecycle, metrics: Metrics, tracing: Tracing | None = None
) -> App:
    """The whole graph. Where that is one unit, its own paths too: such a runtime is what an engine elsewhere calls."""
    graph = settings.predictor.graph
    containers = [unit for unit in units_of(graph) if unit.host]
    probes = Probes(lifecycle, metrics, Reach(containers) if containers else None)
    external, inference = GraphRoutes(api, probes, metrics), OpenInferenceApi(settings.predictor, api)
    v2, tensorflow = OpenInferenceRoutes(inference, api, probes), TensorflowRoutes(inference, api)
    scoring = InvocationsRoutes(api, lifecycle)
    own = _unit(graph, api, lifecycle, metrics).internal() if is_alone(graph) else {}
    explained = ExplainRoutes(settings)
    exact = {**own, **explained.routes(), **scoring.routes(), **external.routes(), **v2.routes(), **tensorflow.routes()}
    below = {**v2.below(), **tensorflow.below()}
    documentation = DocumentationRoutes(settings, api, exact, external.of_unit())
    routes = Routes({**exact, **documentation.routes()}, external.of_unit(), below)
    return make_app(settings, routes, lifecycle, metrics, tracing)


def make_app(
    settings: Settings, routes: Routes, lifecycle: Lifecycle, metrics: Metrics, tracing: Tracing | None
) -> App:
    if tracing is None:
        return App(settings, routes, lifecycle, metrics)
    from sdep.runtime.tracing.http import TracedApp  # noqa: PLC0415

    return TracedApp(settings, routes, lifecycle, metrics, tracing)


def unit_app(unit: ServedUnit, settings: Settings, api: SeldonApi, lifecycle: Lifecycle, metrics: Metrics) -> App:
    return App(settings, Routes(_unit(unit, api, lifecycle, metrics).alone()), lifecycle, metrics)


def is_alone(graph: ServedUnit) -> bool:
    """Whether the graph is one unit of this process."""
    return not graph.host and not graph.children


def _unit(unit: ServedUnit, api: SeldonApi, lifecycle: Lifecycle, metrics: Metrics) -> UnitRoutes:
    return UnitRoutes(UnitApi(unit, api, metrics), Probes(lifecycle, metrics))
