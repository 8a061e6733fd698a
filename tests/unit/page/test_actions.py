"""Deciding on the page: only where that is turned on, and only who may patch the SeldonDeployment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from sdep.cluster.client import Cluster
from sdep.operator.page.actions import Actions
from sdep.operator.store import Store
from tests.unit.page.authority import ANN, BOB, Authority, command
from tests.unit.page.chromium import Tab, new_tab
from tests.unit.page.cluster import STARTED, canary
from tests.unit.page.serving import serving
from tests.unit.runtime.program import free_ports

ROLLOUT = "/api/sdeps/models/prices/rollout"


@pytest.fixture
def authority() -> Authority:
    return Authority(canary(), overtaken=1)


@pytest_asyncio.fixture
async def deciding(store: Store, authority: Authority) -> AsyncIterator[str]:
    """The address of a page on which people may decide."""
    (api_port,) = free_ports(1)
    async with authority.serving(api_port) as credentials:
        cluster = Cluster(credentials)
        async with serving(store, Actions(cluster, credentials, lambda: STARTED)) as (_, found):
            yield found
        await cluster.close()


async def told(address: str, token: str | None, body: object, path: str = ROLLOUT) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as http, http.post(address + path, json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_who_may_patch_it_decides_and_the_write_is_their_own(deciding: str, authority: Authority) -> None:
    status, _ = await told(deciding, ANN, {"verb": "promote", "why": "checked"})
    assert status == 200
    ((who, annotations),) = authority.patched
    assert who == "ann"
    assert command(annotations) == {"verb": "promote", "at": STARTED, "by": "ann", "why": "checked"}
    (asked,) = authority.asked
    assert asked == {
        "user": "ann",
        "groups": ["traders"],
        "extra": {"id": ["7"]},
        "resourceAttributes": {
            "namespace": "models",
            "verb": "patch",
            "group": "machinelearning.seldon.io",
            "resource": "seldondeployments",
            "name": "prices",
        },
    }


@pytest.mark.parametrize(
    ("token", "status", "reason"),
    [(None, 401, "Unauthenticated"), ("made up", 401, "Unauthenticated"), (BOB, 403, "Forbidden")],
)
async def test_who_is_not_known_or_not_allowed_changes_nothing(
    token: str | None, status: int, reason: str, deciding: str, authority: Authority
) -> None:
    found, body = await told(deciding, token, {"verb": "abort"})
    assert (found, body["reason"]) == (status, reason)
    assert authority.patched == []


@pytest.mark.parametrize(
    ("body", "path", "status", "reason"),
    [
        ({"verb": "delete"}, ROLLOUT, 422, "InvalidCall"),
        ({"verb": "promote", "why": "x" * 501}, ROLLOUT, 422, "InvalidCall"),
        ({"verb": "retry"}, ROLLOUT, 422, "NotRolledBack"),
        ({"verb": "promote"}, "/api/sdeps/models/nothing/rollout", 404, "NotFound"),
    ],
)
async def test_what_is_no_sensible_word_is_refused_with_its_reason(
    body: object, path: str, status: int, reason: str, deciding: str, authority: Authority
) -> None:
    found, said = await told(deciding, ANN, body, path)
    assert (found, said["reason"]) == (status, reason)
    assert authority.patched == []


async def test_a_page_to_look_at_has_no_way_to_decide(address: str) -> None:
    async with aiohttp.ClientSession(address) as http:
        async with http.post(ROLLOUT, json={"verb": "abort"}, headers={"Authorization": f"Bearer {ANN}"}) as answer:
            assert answer.status == 404
        async with http.get("/api/sdeps") as answer:
            assert (await answer.json())["actions"] is False


@pytest_asyncio.fixture
async def deciding_tab(browser: str, deciding: str) -> AsyncIterator[Tab]:
    async with new_tab(browser) as made:
        await made.look()
        await made.call("Page.navigate", url=f"{deciding}/#/models/prices")
        await made.until("document.querySelector('[data-key=verb-abort]')")
        yield made


async def test_a_person_turns_a_canary_back_in_the_browser(
    deciding_tab: Tab, authority: Authority, store: Store
) -> None:
    tab = deciding_tab
    await tab.value("document.querySelector('[data-key=token]').focus()")
    await tab.call("Input.insertText", text=ANN)
    store.put_sdep(canary(share=30, version=2))  # what was typed outlives what changes meanwhile
    await tab.until("document.querySelector('main').innerText.includes('30 % routed')")
    await tab.press("Tab")
    await tab.call("Input.insertText", text="complaints")
    await tab.value("document.querySelector('[data-key=verb-abort]').focus()")
    await tab.press("Enter")
    await tab.until("document.querySelector('main').innerText.includes('ann told prices to abort')")
    ((_, annotations),) = authority.patched
    assert command(annotations) == {"verb": "abort", "at": STARTED, "by": "ann", "why": "complaints"}
    stored = await tab.value(
        "JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage), document.cookie])"
    )
    assert stored == '[[],[],""]'
    assert tab.problems == []


async def test_a_refusal_is_said_in_the_browser(deciding_tab: Tab, authority: Authority) -> None:
    tab = deciding_tab
    await tab.value("document.querySelector('[data-key=verb-promote]').click()")
    await tab.until("document.querySelector('main').innerText.includes('Give a token first.')")
    await tab.call("Input.insertText", text=BOB)
    await tab.value("document.querySelector('[data-key=verb-promote]').click()")
    await tab.until("document.querySelector('main').innerText.includes('Forbidden: bob may not patch')")
    assert authority.patched == []
