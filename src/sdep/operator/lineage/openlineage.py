"""OpenLineage's door: each event of `lineage/runs.py` with what the published facets can say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sdep import __version__
from sdep.api.status import ReceiverName, Told
from sdep.lineage.address import dataset
from sdep.lineage.runs import Run, events, runs_of
from sdep.lineage.statement import Served, Statement
from sdep.operator.lineage.receiver import SECONDS, RefusedError, is_refusal
from sdep.settings import OperatorSettings

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, RunEvent
    from openlineage.client.transport.http import HttpTransport

PRODUCER = f"urn:sdep-operator:{__version__}"
_SOURCE = "SDEP"


class OpenLineage:
    name: Final[ReceiverName] = "OpenLineage"

    def __init__(self, settings: OperatorSettings) -> None:
        self._settings = settings
        self._transport: HttpTransport | None = None

    def send(self, statement: Statement, before: Told | None, at: str) -> None:
        self._transport = self._transport or _transport(self._settings)
        try:
            for run in events(statement, before):
                self._transport.emit(self._event(statement, run, at))
        except Exception as error:
            if is_refusal(error):
                raise RefusedError(str(error)) from error
            raise

    def runs(self, statement: Statement) -> dict[str, str]:
        return runs_of(statement)

    def _event(self, statement: Statement, run: Run, at: str) -> RunEvent:
        from openlineage.client import event_v2 as event  # noqa: PLC0415 - 12 MiB, for who asked for it
        from openlineage.client.generated.error_message_run import ErrorMessageRunFacet  # noqa: PLC0415
        from openlineage.client.generated.job_type_job import JobTypeJobFacet  # noqa: PLC0415
        from openlineage.client.generated.tags_run import TagsRunFacet, TagsRunFacetFields  # noqa: PLC0415

        said = {"phase": statement.phase, "rollout": statement.outcome, "uid": statement.uid}
        tags = [TagsRunFacetFields(key, value, _SOURCE) for key, value in said.items() if value]
        facets: dict[str, Any] = {"tags": TagsRunFacet(tags, producer=PRODUCER)}
        if run.error:
            facets["errorMessage"] = ErrorMessageRunFacet(run.error, "PYTHON", producer=PRODUCER)
        kind = JobTypeJobFacet("SERVICE", integration=_SOURCE, jobType="SELDON_DEPLOYMENT", producer=PRODUCER)
        job = f"{statement.namespace}.{statement.name}"
        return event.RunEvent(
            eventType=event.RunState(run.kind),
            eventTime=at,
            producer=PRODUCER,
            run=event.Run(run.id, facets=facets),
            job=event.Job(self._settings.lineage_openlineage_namespace, job, facets={"jobType": kind}),
            inputs=self._inputs(run.models),
        )

    def _inputs(self, models: tuple[Served, ...]) -> list[InputDataset]:
        """Each model once, whoever serves it: what units it is for is in its tags."""
        by_address: dict[tuple[str, str], list[Served]] = {}
        for model in models:
            by_address.setdefault(dataset(model, self._settings.mlflow_tracking_uri), []).append(model)
        return [_input(*address, served) for address, served in by_address.items()]


def _input(namespace: str, name: str, served: list[Served]) -> InputDataset:
    from openlineage.client import event_v2 as event  # noqa: PLC0415
    from openlineage.client.generated.dataset_type_dataset import DatasetTypeDatasetFacet  # noqa: PLC0415
    from openlineage.client.generated.dataset_version_dataset import DatasetVersionDatasetFacet  # noqa: PLC0415
    from openlineage.client.generated.tags_dataset import TagsDatasetFacet, TagsDatasetFacetFields  # noqa: PLC0415

    tags = [TagsDatasetFacetFields(key, value, _SOURCE) for key, value in _tags(served).items()]
    facets: dict[str, Any] = {
        "datasetType": DatasetTypeDatasetFacet("MODEL", producer=PRODUCER),
        "tags": TagsDatasetFacet(tags, producer=PRODUCER),
    }
    if version := served[0].version:
        facets["version"] = DatasetVersionDatasetFacet(version, producer=PRODUCER)
    return event.InputDataset(namespace, name, facets=facets)


def _tags(served: list[Served]) -> Mapping[str, str]:
    model, made = served[0], served[0].origin
    said = {
        "artifact": model.artifact_uri,
        "run": model.run_id,
        "commit": made.commit,
        "repository": made.repository,
        "image": made.image,
        "data": ", ".join(one.label for one in made.data),
        **{f"served_by.{one.predictor}.{one.unit}": one.role for one in served},
    }
    return {key: value for key, value in said.items() if value}


def _transport(settings: OperatorSettings) -> HttpTransport:
    """Without the client around it, which would add facets of this pod's environment, and read files and variables of its own."""
    from openlineage.client.transport.http import (  # noqa: PLC0415
        ApiKeyTokenProvider,
        HttpConfig,
        HttpTransport,
        TokenProvider,
    )

    key = settings.lineage_openlineage_token.get_secret_value()
    auth = ApiKeyTokenProvider({"api_key": key}) if key else TokenProvider({})
    address = settings.lineage_openlineage_url.rstrip("/") + "/"
    return HttpTransport(HttpConfig(url=address, timeout=SECONDS, auth=auth, retry={"total": 0}))
