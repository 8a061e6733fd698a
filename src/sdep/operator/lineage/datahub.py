"""DataHub's door: a SeldonDeployment is an `mlModelDeployment`, linked from each `mlModel` that DataHub's own MLflow source makes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sdep.api.status import ReceiverName, Told
from sdep.lineage.statement import Phase, Served, Statement
from sdep.operator.lineage.receiver import SECONDS, RefusedError, is_refusal
from sdep.settings import OperatorSettings

if TYPE_CHECKING:
    from datahub.emitter.mcp import MetadataChangeProposalWrapper
    from datahub.ingestion.graph.client import DataHubGraph

PLATFORM = "sdep"
_REGISTRY = "mlflow"
_STATUS: dict[Phase, str] = {
    "Creating": "CREATING",
    "InService": "IN_SERVICE",
    "Updating": "UPDATING",
    "RollingBack": "ROLLING_BACK",
    "Failed": "FAILED",
    "Gone": "OUT_OF_SERVICE",
}


class DataHub:
    """Its server keeps one state for each entity, so a statement that is repeated changes nothing."""

    name: Final[ReceiverName] = "DataHub"

    def __init__(self, settings: OperatorSettings) -> None:
        self._settings = settings
        self._server: DataHubGraph | None = None

    def send(self, statement: Statement, before: Told | None, _at: str) -> None:
        self._server = self._server or _server(self._settings)
        try:
            for proposal in self._deployment(statement):
                self._server.emit_mcp(proposal)
            wanted = set(statement.registered)
            for label in sorted(wanted | set(before.models if before else ())):
                self._link(self._server, statement, label, wanted=label in wanted)
        except Exception as error:
            if is_refusal(error.__cause__):
                raise RefusedError(str(error)) from error
            raise

    def runs(self, _: Statement) -> dict[str, str]:
        return {}

    def _deployment(self, statement: Statement) -> Iterator[MetadataChangeProposalWrapper]:
        from datahub.emitter import mce_builder  # noqa: PLC0415 - 80 MiB, for who asked for it
        from datahub.emitter.mcp import MetadataChangeProposalWrapper  # noqa: PLC0415
        from datahub.metadata import schema_classes as schema  # noqa: PLC0415

        aspects: list[schema._Aspect] = [
            schema.MLModelDeploymentPropertiesClass(
                description=_description(statement),
                externalUrl=statement.url or None,
                version=schema.VersionTagClass(versionTag=", ".join(statement.registered) or None),
                status=_STATUS[statement.phase],
                customProperties=properties(statement),
            ),
            schema.StatusClass(removed=statement.phase == "Gone"),
        ]
        if instance := self._settings.lineage_datahub_platform_instance:
            platform = mce_builder.make_data_platform_urn(PLATFORM)
            urn = mce_builder.make_dataplatform_instance_urn(PLATFORM, instance)
            aspects.append(schema.DataPlatformInstanceClass(platform=platform, instance=urn))
        for aspect in aspects:
            yield MetadataChangeProposalWrapper(entityUrn=self._urn(statement), aspect=aspect)

    def _link(self, server: DataHubGraph, statement: Statement, label: str, *, wanted: bool) -> None:
        """Read, change and write: whatever else is said of the model stays, and so do others' deployments of it."""
        from datahub.emitter.mcp import MetadataChangeProposalWrapper  # noqa: PLC0415
        from datahub.metadata.schema_classes import MLModelPropertiesClass  # noqa: PLC0415

        model, group = self._model_urns(label)
        ours = self._urn(statement)
        found = server.get_aspect(model, MLModelPropertiesClass)
        if (found is None and not wanted) or (found and (ours in (found.deployments or [])) == wanted):
            return
        properties = found or MLModelPropertiesClass(groups=[group])
        others = [urn for urn in properties.deployments or [] if urn != ours]
        properties.deployments = [*others, ours] if wanted else others
        server.emit_mcp(MetadataChangeProposalWrapper(entityUrn=model, aspect=properties))

    def _urn(self, statement: Statement) -> str:
        from datahub.emitter.mce_builder import make_ml_model_deployment_urn  # noqa: PLC0415

        instance = self._settings.lineage_datahub_platform_instance
        name = ".".join(part for part in (instance, statement.namespace, statement.name) if part)
        return str(make_ml_model_deployment_urn(PLATFORM, name, self._settings.lineage_datahub_environment))

    def _model_urns(self, label: str) -> tuple[str, str]:
        """The model's and its group's, as DataHub's MLflow source names them."""
        from datahub.emitter.mce_builder import make_ml_model_group_urn, make_ml_model_urn  # noqa: PLC0415

        name, _, version = label.rpartition("/")
        environment = self._settings.lineage_datahub_environment
        versioned = f"{name}{self._settings.lineage_datahub_model_separator}{version}"
        model = make_ml_model_urn(_REGISTRY, versioned, environment)
        return model, make_ml_model_group_urn(_REGISTRY, name, environment)


def properties(statement: Statement) -> dict[str, str]:
    """What has no field of its own in DataHub's schema."""
    said = {"namespace": statement.namespace, "name": statement.name, "phase": statement.phase}
    if statement.outcome:
        said["rollout"] = statement.outcome
    for model in statement.models:
        for key, value in _facts(model).items():
            said[f"{model.predictor}/{model.unit}{key}"] = value
    return said


def _facts(model: Served) -> dict[str, str]:
    made = model.origin
    facts = {
        "": model.label,
        ".role": model.role,
        ".artifact": model.artifact_uri,
        ".run": model.run_id,
        ".commit": made.commit,
        ".repository": made.repository,
        ".image": made.image,
        ".data": ", ".join(one.label for one in made.data),
    }
    return {key: value for key, value in facts.items() if value}


def _description(statement: Statement) -> str:
    served = ", ".join(f"{model.predictor}/{model.unit} serves {model.label}" for model in statement.models)
    return f"SeldonDeployment {statement.namespace}/{statement.name}" + (f": {served}" if served else "")


def _server(settings: OperatorSettings) -> DataHubGraph:
    os.environ["DATAHUB_TELEMETRY_ENABLED"] = "false"  # read when the library is imported: nobody else is told anything
    from datahub.ingestion.graph.client import DatahubClientConfig, DataHubGraph  # noqa: PLC0415

    token = settings.lineage_datahub_token.get_secret_value() or None
    return DataHubGraph(
        DatahubClientConfig(
            server=settings.lineage_datahub_url,
            token=token,
            timeout_sec=SECONDS,
            retry_max_times=0,
            openapi_ingestion=False,
        )
    )
