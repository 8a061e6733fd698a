"""The tap of a predictor that is watched, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.evidence.watched import Watched
from sdep.runtime.log import event
from sdep.runtime.reference.reference import FOLDER, ReferenceNotFoundError, read_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.contract import ServedDrift
    from sdep.runtime.drift.tap import Tap
    from sdep.runtime.reference.reference import Reference
    from sdep.runtime.servers.model import Model
    from sdep.runtime.settings import Settings


def make_tap(settings: Settings, asked: ServedDrift, models: Mapping[str, Model]) -> Tap | Watched:
    """Never raises: a predictor without reference data serves all the same, and says why it is not watched."""
    try:
        reference = read_reference(settings.model_directory(asked.unit) / FOLDER)
        return _tap(settings, asked, reference, models)
    except ReferenceNotFoundError as error:
        event("inputs not watched", level="warning", reason=error.message)
        return Watched(reason=error.reason, message=error.message)
    except Exception as error:  # noqa: BLE001 - as above
        event("inputs not watched", level="error", error=error)
        return Watched(reason="ReferenceNotFound", message=f"the reference data cannot be used: {error}")


def _tap(settings: Settings, asked: ServedDrift, reference: Reference, models: Mapping[str, Model]) -> Tap:
    from sdep.runtime.drift.profile import predicted_of, profile_of  # noqa: PLC0415
    from sdep.runtime.drift.tap import Tap  # noqa: PLC0415

    unknown = [name for name in asked.features if name not in reference.names]
    if unknown:
        known = ", ".join(reference.names[:20])
        message = f"the reference data has no feature {', '.join(unknown)}, which the manifest names: it has {known}"
        raise ReferenceNotFoundError(message)
    graph, predicted = settings.predictor.graph, {}
    if graph.name in models and not graph.children:
        try:
            predicted = predicted_of(reference, models[graph.name])
        except Exception as error:  # noqa: BLE001 - its inputs can be watched all the same
            event("predictions not watched", level="warning", error=error)
    return Tap(profile_of(reference, asked.features, predicted), asked.sample_rate)
