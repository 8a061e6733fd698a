"""What is deleted while no operator runs is told by the next one: what was told is in a ConfigMap, and nowhere else by then."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest

from sdep.operator.lineage import ledger as keeping
from sdep.operator.lineage import lineage as lineages
from sdep.operator.lineage.ledger import Entry, packed, unpacked
from tests.unit.operator.catalogues import Catalogue
from tests.unit.operator.config_maps import ConfigMaps
from tests.unit.operator.test_lineage import (
    DEPLOYMENT,
    NAME,
    Operator,
    datahub,
    model_urn,
    openlineage,
    operating,
    serving,
)

PATIENCE_SECONDS = 30
LEDGER = "a33bd623.machinelearning.seldon.io-lineage"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_GATHER_SECONDS", 0.01)
    monkeypatch.setattr(keeping, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(lineages, "_PAUSE_SECONDS", 0.01)


def written(api: ConfigMaps) -> dict[keeping.Place, Entry]:
    return unpacked(api.kept.get(LEDGER, {}).get("binaryData", {}).get("told.json.gz", ""))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # noqa: ASYNC110 - what is written is nothing that could wake us
            await asyncio.sleep(0.01)


async def told_and_kept(operator: Operator, version: str) -> None:
    """Until every receiver knows of the version, and the ledger too."""
    await operator.reconciled(serving(version))
    wanted = [(f"price/{version}",)] * len(operator.lineage._tellers)
    await until(lambda: [entry.models for entry in written(operator.api).values()] == wanted)


async def until_kept(api: ConfigMaps, count: int) -> None:
    await until(lambda: len(written(api)) == count)


async def test_what_went_while_nobody_ran_is_told_by_the_next_operator() -> None:
    """The deployment is removed, no model links to it, its run has an end; and the ledger is empty then."""
    async with Catalogue() as catalogue, ConfigMaps() as api:
        settings = {**datahub(catalogue), **openlineage(catalogue)}
        async with operating(api, **settings) as operator:
            await told_and_kept(operator, "3")
        (run,) = {event["run"]["runId"] for event in catalogue.events}
        async with operating(api, **settings):
            await until_kept(api, 0)
    assert catalogue.aspects[DEPLOYMENT, "status"] == {"removed": True}
    assert catalogue.aspects[DEPLOYMENT, "mlModelDeploymentProperties"]["status"] == "OUT_OF_SERVICE"
    assert catalogue.aspects[model_urn("3"), "mlModelProperties"]["deployments"] == []
    last = catalogue.events[-1]
    assert (last["eventType"], last["run"]["runId"], last["job"]["name"]) == ("COMPLETE", run, "default.prices")


async def test_what_is_still_there_is_not_told_again() -> None:
    """In the store or, since another operator has it by now, only in the cluster."""
    async with Catalogue() as catalogue, ConfigMaps() as api:
        settings = openlineage(catalogue)
        async with operating(api, **settings) as operator:
            await told_and_kept(operator, "3")
            uid = operator.sdep.metadata.uid
        said, writes = len(catalogue.events), api.writes
        api.there[NAME] = uid
        async with operating(api, **settings) as operator:
            await operator.reconciled(serving("3"))
        assert [event["eventType"] for event in catalogue.events[said:]] in ([], ["START", "RUNNING"])
        assert api.writes == writes


async def test_another_of_its_name_ends_what_the_first_began() -> None:
    """Deleted and made anew while nobody ran: the run of the first has an end, and models link only to what is there now."""
    async with Catalogue() as catalogue, ConfigMaps() as api:
        settings = {**datahub(catalogue), **openlineage(catalogue)}
        async with operating(api, **settings) as operator:
            await told_and_kept(operator, "3")
        first = catalogue.events[-1]["run"]["runId"]
        api.there[NAME] = "another"
        async with operating(api, **settings) as operator:
            metadata = operator.sdep.metadata.model_copy(update={"uid": "another"})
            operator.sdep = operator.sdep.model_copy(update={"metadata": metadata})
            await told_and_kept(operator, "4")
        ended = [event["run"]["runId"] for event in catalogue.events if event["eventType"] == "COMPLETE"]
        assert ended == [first]
        assert catalogue.aspects[model_urn("3"), "mlModelProperties"]["deployments"] == []
        assert catalogue.aspects[model_urn("4"), "mlModelProperties"]["deployments"] == [DEPLOYMENT]
        assert catalogue.aspects[DEPLOYMENT, "status"] == {"removed": False}


async def test_a_deletion_that_a_receiver_was_not_told_of_before_a_restart_is_told_after_it() -> None:
    async with Catalogue() as catalogue, ConfigMaps() as api:
        async with operating(api, **openlineage(catalogue)) as operator:
            await told_and_kept(operator, "3")
            catalogue.status = 503
            operator.lineage.gone(NAME)
        catalogue.status = 200
        async with operating(api, **openlineage(catalogue)):
            await until_kept(api, 0)
        assert [event["eventType"] for event in catalogue.events][-1] == "COMPLETE"


async def test_what_is_gone_is_not_said_of_what_may_not_be_looked_for() -> None:
    """A namespace that this operator may read no more; and telling goes on."""
    async with Catalogue() as catalogue, ConfigMaps() as api:
        async with operating(api, **openlineage(catalogue)) as operator:
            await told_and_kept(operator, "3")
        said, kept = len(catalogue.events), dict(api.kept)
        api.refused = 403
        async with operating(api, **openlineage(catalogue)) as operator:
            await operator.reconciled(serving("4"))
        assert [event["eventType"] for event in catalogue.events[said:]] == ["START", "RUNNING"]
        assert api.kept == kept


async def test_an_api_server_that_is_away_is_asked_until_it_answers() -> None:
    """Nothing is written over what is there before that was read."""
    async with Catalogue() as catalogue, ConfigMaps() as api:
        async with operating(api, **openlineage(catalogue)) as operator:
            await told_and_kept(operator, "3")
        api.refused = 503
        async with operating(api, **openlineage(catalogue)):
            asked = api.asked
            await until(lambda: api.asked > asked + 2)
            api.refused = 0
            await until_kept(api, 0)
        assert catalogue.events[-1]["eventType"] == "COMPLETE"


async def test_a_ledger_that_is_none_begins_anew() -> None:
    """Whatever somebody has written there."""
    for content in ("not base64!", "eA==", "H4sIAAAAAAAC/w=="):
        assert unpacked(content) == {}
    async with Catalogue() as catalogue, ConfigMaps() as api:
        api.kept[LEDGER] = {"binaryData": {"told.json.gz": "bm90aGluZw=="}}
        async with operating(api, **openlineage(catalogue)) as operator:
            await told_and_kept(operator, "3")


def test_ten_thousand_have_room_and_no_more_than_there_is_room_for_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        ("OpenLineage", (f"team-{number % 40}", f"price-of-{number}")): Entry(
            str(uuid.uuid4()), (f"price_of_{number}/{number % 9}",), (("default", str(uuid.uuid4())),)
        )
        for number in range(10_000)
    }
    text = packed(entries)
    assert unpacked(text) == entries
    monkeypatch.setattr(keeping, "MOST_BYTES", len(text) // 2)
    some = unpacked(packed(entries))
    assert 4000 < len(some) < 5500
    assert list(some) == list(entries)[: len(some)]
