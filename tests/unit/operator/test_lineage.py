"""DataHub and OpenLineage are told what is served, once, in their own terms, and nobody waits for them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import attr
import pytest
from pydantic import SecretStr

from sdep.api.status import DataVersion, Origin, Pin, PredictorStatus, RolloutStatus, Status
from sdep.lineage.statement import stated
from sdep.operator.lineage import teller as telling
from sdep.operator.lineage.ledger import Ledger
from sdep.operator.lineage.lineage import Lineage, receivers, standing
from sdep.operator.metrics import LINEAGE
from sdep.operator.store import Store
from sdep.settings import OperatorSettings
from tests.unit.operator.catalogues import Catalogue
from tests.unit.operator.config_maps import ConfigMaps
from tests.unit.test_pin import sdep as manifest

os.environ["DATAHUB_TELEMETRY_ENABLED"] = "false"
NOW = "2026-01-01T00:00:00Z"
NAME = ("default", "prices")
DEPLOYMENT = "urn:li:mlModelDeployment:(urn:li:dataPlatform:sdep,north.default.prices,PROD)"
MADE = Origin(commit="1a2b3c", image="train@sha256:ab", data=[DataVersion(name="houses", digest="9f86")])
Receiver = str


def model_urn(version: str) -> str:
    return f"urn:li:mlModel:(urn:li:dataPlatform:mlflow,price_{version},PROD)"


def serving(*versions: str, state: str = "Available", rollout: dict[str, Any] | None = None) -> Status:
    """Of `main`, and of a canary where there are two versions."""
    names = ("main", "canary")[: len(versions)]
    return Status.model_validate(
        {
            "state": state,
            "address": {"url": "http://prices.default:8000"},
            "predictors": [PredictorStatus(name=name, traffic=50, requested_traffic=50) for name in names],
            "models": [
                Pin(
                    predictor=name,
                    unit="price",
                    uri="models:/price@champion",
                    name="price",
                    version=version,
                    artifact_uri=f"s3://m/{version}",
                    resolved_at=f"2026-01-0{version}T00:00:00Z",
                    origin=MADE,
                )
                for name, version in zip(names, versions, strict=True)
            ],
            "rollout": rollout and RolloutStatus(canary="canary", stable="main", revision="r", **rollout),
        }
    )


class Operator:
    """What a reconcile does with lineage, and the status that it leaves. `restart` is another process with the same status."""

    def __init__(self, settings: OperatorSettings, api: ConfigMaps) -> None:
        self.settings = settings
        self.api = api
        self.store = Store()
        made = manifest()
        self.sdep = made.model_copy(update={"metadata": made.metadata.model_copy(update={"uid": "1f"})})
        self.status: Status | None = None
        self.seen = asyncio.Event()
        self.restart()

    def restart(self) -> None:
        ledger, there = Ledger(self.api.cluster, self.settings), standing(self.api.cluster, self.store)
        self.lineage = Lineage(receivers(self.settings), ledger, there, lambda _: self.seen.set(), lambda: NOW)
        for teller in self.lineage._tellers.values():
            teller._pause = 0.01

    def look(self, status: Status) -> None:
        told = self.lineage.told(self.sdep, status, self.status)
        self.status = status.model_copy(update={"lineage": told})

    async def reconciled(self, status: Status) -> None:
        """Look until everybody was told of it."""
        digest = stated(self.sdep, status).digest
        while True:
            self.seen.clear()
            self.look(status)
            assert self.status
            told = self.status.lineage or []
            if len(told) == len(self.lineage._tellers) and all(one.digest == digest for one in told):
                return
            await asyncio.wait_for(self.seen.wait(), 120)

    async def quiet(self) -> None:
        """Until nothing waits any more."""
        async with asyncio.timeout(60):
            while any(teller._waiting for teller in self.lineage._tellers.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def operating(api: ConfigMaps | None = None, **given: str) -> AsyncIterator[Operator]:
    """Beside an API server of its own, or beside `api`, which outlives it."""
    settings = {"runtime_image": "r", "mlflow_tracking_uri": "http://mlflow:5000", **given}
    async with AsyncExitStack() as stack:
        beside = api or await stack.enter_async_context(ConfigMaps())
        operator = Operator(OperatorSettings.model_validate(settings), beside)
        task = asyncio.create_task(operator.lineage.tell())
        yield operator
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def datahub(catalogue: Catalogue) -> dict[str, str]:
    return {
        "lineage_datahub_url": catalogue.url,
        "lineage_datahub_token": "s3cret",
        "lineage_datahub_platform_instance": "north",
    }


def openlineage(catalogue: Catalogue) -> dict[str, str]:
    return {
        "lineage_openlineage_url": catalogue.url,
        "lineage_openlineage_token": "k3y",
        "lineage_openlineage_namespace": "north",
    }


def counted(receiver: str, outcome: str) -> float:
    return float(LINEAGE.labels(receiver=receiver, outcome=outcome)._value.get())


def as_published(proposal: dict[str, Any]) -> None:
    """A proposal's aspect is read and checked by the classes and the Avro schema that DataHub publishes."""
    import json  # noqa: PLC0415

    from datahub.emitter.serialization_helper import post_json_transform  # noqa: PLC0415
    from datahub.metadata.schema_classes import ASPECT_NAME_MAP, MLModelDeploymentKeyClass, MLModelKeyClass  # noqa: PLC0415
    from datahub.metadata.urns import Urn  # noqa: PLC0415

    Urn.from_string(proposal["entityUrn"])
    body = post_json_transform(json.loads(proposal["aspect"]["value"]))
    aspect = ASPECT_NAME_MAP[proposal["aspectName"]].from_obj(body)
    assert aspect.validate()
    assert aspect.to_obj() == body
    key = {"mlModelDeployment": MLModelDeploymentKeyClass, "mlModel": MLModelKeyClass}[proposal["entityType"]]
    assert proposal["aspectName"] in key.ASPECT_INFO["entityAspects"]


async def test_datahub_has_a_deployment_that_its_models_link_to_through_change_rollback_and_deletion() -> None:
    """Each change arrives as valid aspects; what DataHub's MLflow source said of a model, and others' deployments of it, stay."""
    async with Catalogue() as catalogue, operating(**datahub(catalogue)) as operator:
        ingested = {
            "name": "price",
            "description": "by MLflow",
            "deployments": ["urn:li:mlModelDeployment:(urn:li:dataPlatform:sagemaker,x,PROD)"],
        }
        catalogue.put(model_urn("3"), "mlModelProperties", ingested)
        await operator.reconciled(serving("3"))
        properties = catalogue.aspects[DEPLOYMENT, "mlModelDeploymentProperties"]
        assert properties["status"] == "IN_SERVICE"
        assert properties["version"] == {"versionTag": "price/3"}
        told = properties["customProperties"]
        assert (told["main/price"], told["main/price.commit"], told["main/price.data"]) == (
            "price/3",
            "1a2b3c",
            "houses@9f86",
        )
        assert catalogue.headers["Authorization"] == "Bearer s3cret"
        linked = catalogue.aspects[model_urn("3"), "mlModelProperties"]
        assert linked["description"] == "by MLflow"
        assert linked["deployments"] == [*ingested["deployments"], DEPLOYMENT]

        trial = {"phase": "Progressing", "reason": "Analysing"}
        await operator.reconciled(serving("3", "4", rollout=trial))
        assert catalogue.aspects[DEPLOYMENT, "mlModelDeploymentProperties"]["status"] == "UPDATING"
        tried = catalogue.aspects[model_urn("4"), "mlModelProperties"]
        assert tried["deployments"] == [DEPLOYMENT]
        assert tried["groups"] == ["urn:li:mlModelGroup:(urn:li:dataPlatform:mlflow,price,PROD)"]

        await operator.reconciled(serving("3", rollout={"phase": "RolledBack", "reason": "AnalysisFailed"}))
        properties = catalogue.aspects[DEPLOYMENT, "mlModelDeploymentProperties"]
        assert (properties["status"], properties["customProperties"]["rollout"]) == (
            "IN_SERVICE",
            "RolledBack: AnalysisFailed",
        )
        assert catalogue.aspects[model_urn("4"), "mlModelProperties"]["deployments"] == []

        operator.lineage.gone(NAME)
        await operator.quiet()
        assert catalogue.aspects[DEPLOYMENT, "status"] == {"removed": True}
        assert catalogue.aspects[DEPLOYMENT, "mlModelDeploymentProperties"]["status"] == "OUT_OF_SERVICE"
        assert catalogue.aspects[model_urn("3"), "mlModelProperties"]["deployments"] == ingested["deployments"]
        for proposal in catalogue.proposals:
            as_published(proposal)


async def test_openlineage_has_a_run_for_what_each_predictor_serves_with_one_end() -> None:
    """Runs start, go on and end as their models come and go, in events of the published classes."""
    async with Catalogue() as catalogue, operating(**openlineage(catalogue)) as operator:
        await operator.reconciled(serving("3", state="Creating"))
        await operator.reconciled(serving("3"))
        await operator.reconciled(serving("3", "4", rollout={"phase": "Progressing"}))
        await operator.reconciled(serving("3", rollout={"phase": "RolledBack", "reason": "AnalysisFailed"}))
        await operator.reconciled(
            serving("3", state="Failed", rollout={"phase": "RolledBack", "reason": "AnalysisFailed"})
        )
        operator.lineage.gone(NAME)
        await operator.quiet()
    names: dict[str, str] = {}
    kinds = [
        (names.setdefault(event["run"]["runId"], f"run {len(names)}"), event["eventType"]) for event in catalogue.events
    ]
    first, trial = "run 0", "run 1"
    assert kinds == [
        (first, "START"),
        (first, "RUNNING"),
        (first, "RUNNING"),
        (trial, "START"),
        (trial, "ABORT"),
        (first, "RUNNING"),
        (first, "OTHER"),
        (first, "COMPLETE"),
    ]
    assert catalogue.headers["Authorization"] == "Bearer k3y"
    for event in catalogue.events:
        run_event(event)
    (dataset,) = catalogue.events[0]["inputs"]
    assert (dataset["namespace"], dataset["name"]) == ("mlflow://mlflow:5000", "price/3")
    assert dataset["facets"]["version"]["datasetVersion"] == "3"
    tags = {tag["key"]: tag["value"] for tag in dataset["facets"]["tags"]["tags"]}
    assert (tags["commit"], tags["data"], tags["served_by.main.price"]) == ("1a2b3c", "houses@9f86", "live")
    assert catalogue.events[0]["job"]["name"] == "default.prices"


async def test_nothing_is_said_twice_and_nothing_is_lost_by_a_restart() -> None:
    """What was told is in the status; what was not yet told when the operator ended is told by the next one."""
    async with Catalogue() as catalogue:
        settings = openlineage(catalogue)
        async with operating(**settings) as operator:
            await operator.reconciled(serving("3"))
            kept = operator.status
        told = len(catalogue.events)
        async with operating(**settings) as operator:
            operator.status = kept
            operator.look(serving("3"))
            assert operator.lineage._tellers["OpenLineage"]._waiting == {}
            await operator.reconciled(serving("4"))
        assert [event["eventType"] for event in catalogue.events[told:]] == ["COMPLETE", "START", "RUNNING"]


async def test_a_receiver_that_is_away_delays_nothing_and_is_told_when_it_is_back() -> None:
    """Looks go on meanwhile, failures are counted, and then it is told how things are."""
    failed = counted("OpenLineage", "failed")
    async with Catalogue() as catalogue, operating(**openlineage(catalogue)) as operator:
        catalogue.status = 503
        for version in ("1", "2", "3"):
            operator.look(serving(version))
        async with asyncio.timeout(60):
            while counted("OpenLineage", "failed") < failed + 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert catalogue.events == []
        catalogue.status = 200
        await operator.reconciled(serving("3"))
        assert {event["inputs"][0]["name"] for event in catalogue.events} == {"price/3"}


async def test_what_a_receiver_refuses_is_said_once_and_dropped() -> None:
    """A statement that it calls wrong is not repeated at each look; the next one is said."""
    dropped, failed = counted("OpenLineage", "dropped"), counted("OpenLineage", "failed")
    async with Catalogue() as catalogue, operating(**openlineage(catalogue)) as operator:
        catalogue.status = 422
        operator.look(serving("3"))
        await operator.quiet()
        operator.look(serving("3"))
        assert operator.lineage._tellers["OpenLineage"]._waiting == {}
        assert (counted("OpenLineage", "dropped"), counted("OpenLineage", "failed")) == (dropped + 1, failed)
        catalogue.status = 200
        await operator.reconciled(serving("4"))


async def test_more_than_may_wait_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is bounded, and what waits already is brought up to date."""
    monkeypatch.setattr(telling, "_WAITING_AT_MOST", 1)
    dropped = counted("OpenLineage", "dropped")
    settings = OperatorSettings(runtime_image="r", lineage_openlineage_url="http://127.0.0.1:1")
    async with ConfigMaps() as api:
        operator = Operator(settings, api)
        operator.look(serving("3"))
        operator.look(serving("4"))
        operator.sdep = operator.sdep.model_copy(
            update={"metadata": operator.sdep.metadata.model_copy(update={"name": "other"})}
        )
        operator.look(serving("3"))
    assert [one.models[0].version for one in operator.lineage._tellers["OpenLineage"]._waiting.values()] == ["4"]
    assert counted("OpenLineage", "dropped") == dropped + 1


async def test_traffic_and_pods_are_no_news() -> None:
    """Only what is served and what became of it is told: weights and ready pods change all the time."""
    before = serving("3", "4")
    changed = before.model_copy(
        update={"predictors": [one.model_copy(update={"traffic": 1, "ready_replicas": 7}) for one in before.predictors]}
    )
    assert stated(manifest(), before).digest == stated(manifest(), changed).digest
    assert stated(manifest(), serving("3", "1")).digest != stated(manifest(), before).digest


async def test_who_asks_for_no_lineage_has_none_of_it() -> None:
    """Off by default: no status field, no receiver, no ConfigMap."""
    async with operating() as operator:
        operator.look(serving("3"))
        operator.lineage.gone(NAME)
        assert operator.status
        assert operator.status.lineage is None
        assert "lineage" not in operator.status.model_dump(exclude_none=True)
        assert operator.api.kept == {}


def test_a_token_is_in_no_representation_of_the_settings() -> None:
    """Settings are logged and shown; their secrets are not."""
    settings = OperatorSettings(runtime_image="r", lineage_datahub_token=SecretStr("s3cret"))
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in settings.model_dump_json()


def run_event(body: dict[str, Any]) -> object:
    """An event, read strictly by the classes that OpenLineage's client generates from the published schemas."""
    from openlineage.client import event_v2  # noqa: PLC0415
    from openlineage.client.generated import (  # noqa: PLC0415
        dataset_type_dataset,
        dataset_version_dataset,
        error_message_run,
        job_type_job,
        tags_dataset,
        tags_run,
    )

    run_facets: dict[str, Callable[..., object]] = {
        "tags": tags_run.TagsRunFacet,
        "errorMessage": error_message_run.ErrorMessageRunFacet,
    }
    data_facets: dict[str, Callable[..., object]] = {
        "tags": tags_dataset.TagsDatasetFacet,
        "version": dataset_version_dataset.DatasetVersionDatasetFacet,
        "datasetType": dataset_type_dataset.DatasetTypeDatasetFacet,
    }
    _each(body["run"]["facets"], run_facets)
    _each(body["job"]["facets"], {"jobType": job_type_job.JobTypeJobFacet})
    for dataset in body["inputs"]:
        _each(dataset["facets"], data_facets)
    return _strictly(event_v2.RunEvent, body)


def _each(facets: dict[str, Any], classes: dict[str, Any]) -> None:
    for name, facet in facets.items():
        assert facet["_schemaURL"] == classes[name]._get_schema()
        _strictly(classes[name], facet)


def _strictly(cls: Any, body: dict[str, Any]) -> object:  # noqa: ANN401 - any of the client's classes
    """Every field of the body is one of the class, and every field that the class needs is there."""
    hints = get_type_hints(cls, {"ClassVar": ClassVar, **vars(sys.modules[cls.__module__])})
    fields = {field.name: field for field in attr.fields(cls)}
    assert body.keys() <= fields.keys(), body.keys() - fields.keys()
    given = {name: _value(hints.get(name), value) for name, value in body.items()}
    settable = {fields[name].alias: value for name, value in given.items() if fields[name].init}
    return cls(**settable)


def _value(hint: Any, value: Any) -> Any:  # noqa: ANN401
    for option in get_args(hint) or (hint,):
        if isinstance(option, type) and attr.has(option) and isinstance(value, dict):
            return _strictly(option, value)
        if get_origin(option) is list and isinstance(value, list):
            return [_value(get_args(option)[0], one) for one in value]
    if isinstance(value, list) and get_origin(hint) is list:
        return [_value(get_args(hint)[0], one) for one in value]
    return value
