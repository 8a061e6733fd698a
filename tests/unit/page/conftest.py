"""The page of a filled store, as a browser and as a program meet it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from node import packages
from sdep.operator.store import Store
from tests.unit.page.chromium import Tab, chromium, new_tab
from tests.unit.page.cluster import filled
from tests.unit.page.serving import serving


@pytest.fixture
def store() -> Store:
    return filled()


@pytest_asyncio.fixture
async def address(store: Store) -> AsyncIterator[str]:
    async with serving(store) as (_, found):
        yield found


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Chromium, from the Debian archive where it is not there yet."""
    packages.install(packages.CHROMIUM)
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest_asyncio.fixture
async def tab(browser: str, address: str) -> AsyncIterator[Tab]:
    """With nothing to say against what the page did, at the end of the test. It is closed before the page's server is."""
    assert address
    async with new_tab(browser) as made:
        yield made
        assert made.problems == []
