"""Pictures of explanations on the page: drawn by a real explainer, shown by a real Chromium, and what becomes of others' answers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import joblib
import numpy as np
import pytest
from aiohttp import web
from sklearn.linear_model import LinearRegression

from sdep.contract import EXAMPLE_PATH, ServedExplainer
from sdep.errors import InvalidError, TransientError
from sdep.operator.page import pictures
from sdep.operator.page.pictures import SVG
from sdep.operator.store import Store
from sdep.runtime.reference.reference import FOLDER, Reference, save_reference
from tests.unit.page.chromium import Tab
from tests.unit.page.cluster import explained, explainer_pod
from tests.unit.page.test_browser import TEXT, opened
from tests.unit.runtime.explain.program import explaining
from tests.unit.runtime.program import free_ports

NAMES = ("oil", "gas", "rate")
POD = "explained-main-explainer-7"
PATH = f"/api/sdeps/models/explained/explanations/main/{POD}"
IMAGE = "document.querySelector('img')"
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where an explainer of a model of three features listens."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "mnt/models/price"
    rows = np.random.default_rng(3).normal([80, 3, 1.2], [9, 0.5, 0.1], (200, 3))
    price = rows @ [2, -9, 30]
    save_reference(folder / FOLDER, Reference(NAMES, tuple(rows.T), price))
    joblib.dump(LinearRegression().fit(rows, price), folder / "model.joblib")
    told = ServedExplainer(type="KernelShap", model="price", predictor="", model_directory="/mnt/models/price")
    with explaining(home, told) as program:
        yield program.port


def other_predictor() -> dict[str, Any]:
    return {"name": "other", "graph": {"name": "price", "modelUri": "models:/price/1"}}


def put(store: Store, port: int) -> None:
    sdep, pod = explained(port)
    store.put_sdep(sdep)
    store.put_pod(pod)


@asynccontextmanager
async def other(store: Store, answer: web.Response, asked: list[web.Request] | None = None) -> AsyncIterator[int]:
    """Something in place of the explainer that answers so; its port."""
    (port,) = free_ports(1)

    async def handle(request: web.Request) -> web.Response:
        (asked if asked is not None else []).append(request)
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    put(store, port)
    yield port
    await runner.cleanup()


async def test_a_predictor_with_an_explainer_has_a_picture_of_an_example(
    tab: Tab, address: str, store: Store, port: int
) -> None:
    """It has a size, so it was drawn; it says in words what it is; and a page that is drawn again asks for it no second time."""
    put(store, port)
    await opened(tab, address, "models/explained")
    await tab.until(f"{IMAGE}?.naturalWidth > 0")
    assert await tab.value(f"{IMAGE}.alt") == "What the prediction of main for an example row is made of, by KernelShap"
    await tab.value(f"window.same = {IMAGE}")
    store.put_sdep(explained(port, other_predictor(), version=2)[0])
    await tab.until(f"{TEXT}.includes('other')")
    assert await tab.value(f"window.same === {IMAGE}")
    assert len([asked for asked in tab.asked if asked.endswith(PATH)]) == 1


async def test_a_picture_has_the_readers_colours(tab: Tab, address: str, store: Store, port: int) -> None:
    """Drawn on a canvas, its corner is bright for who prefers light, and dark for who prefers dark."""
    put(store, port)
    await opened(tab, address, "models/explained")
    await tab.until(f"{IMAGE}?.naturalWidth > 0")
    corner = "(() => { const on = document.createElement('canvas').getContext('2d'); "
    corner += f"on.drawImage({IMAGE}, 0, 0); return on.getImageData(2, 2, 1, 1).data[0]; }})()"
    bright = await tab.value(corner)
    await tab.look(scheme="dark")
    await tab.until(f"{corner} < 60")
    assert bright == 255


async def test_new_pods_draw_a_new_picture(tab: Tab, address: str, store: Store, port: int) -> None:
    """They explain another model; until one is ready, a sentence says that none is."""
    put(store, port)
    await opened(tab, address, "models/explained")
    await tab.until(f"{IMAGE}?.naturalWidth > 0")
    store.put_pod(explainer_pod(ready=False, version=2))
    await tab.until(f"{TEXT}.includes('No pod of the explainer is ready.')")
    store.put_pod(explainer_pod("explained-main-explainer-8"))
    await tab.until(f"{IMAGE}?.naturalWidth > 0 && {IMAGE}.src.endsWith('-explainer-8')")


async def test_an_explainer_that_draws_none_is_a_sentence_on_the_page(tab: Tab, address: str, store: Store) -> None:
    async with other(store, web.Response(status=404)):
        await opened(tab, address, "models/explained")
        await tab.until(f"{TEXT}.includes('There is no picture: the explainer {POD} draws no pictures')")
    tab.problems.clear()  # Chromium says that the picture could not be loaded


async def test_a_picture_runs_nothing(tab: Tab, address: str, store: Store) -> None:
    """Whoever drew it: neither on the page nor opened by itself."""
    script = "<script>document.documentElement.id = 'owned'; window.top.owned = true</script>"
    answer = web.Response(text=DRAWN.replace("/>", f' onload="window.owned = true">{script}</svg>'), content_type=SVG)
    async with other(store, answer):
        await opened(tab, address, "models/explained")
        await tab.until(f"{IMAGE}?.naturalWidth > 0")
        assert not await tab.value("window.owned")
        await tab.call("Page.navigate", url=address + PATH)
        await tab.until("document.documentElement.tagName === 'svg'")
        assert not await tab.value("window.owned || document.documentElement.id")
    assert all("Content Security Policy" in each or "sandboxed" in each for each in tab.problems)
    tab.problems.clear()


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (
            web.Response(status=503, text='{"status": {"info": "it is loading"}}'),
            502,
            "answers 503 instead of a picture: it is loading",
        ),
        (web.Response(status=400, text="no row"), 502, "answers 400 instead of a picture: no row"),
        (web.Response(text="<p>", content_type="text/html"), 502, "answers 200 instead of a picture: <p>"),
        (web.Response(status=302, headers={"Location": "/elsewhere"}), 502, "answers 302 instead of a picture"),
        (web.Response(text=" " * (pictures.MOST_BYTES + 1), content_type=SVG), 502, "has more than 256 KiB"),
        (web.Response(status=405), 502, "draws no pictures"),
    ],
)
async def test_what_is_no_picture_is_said(
    address: str, store: Store, answer: web.Response, status: int, words: str
) -> None:
    """In one sentence, and no second request is made for it at once."""
    asked: list[web.Request] = []
    async with other(store, answer, asked), aiohttp.ClientSession(address) as http:
        for _ in range(2):
            async with http.get(PATH) as said:
                assert (said.status, words in (await said.json())["message"]) == (status, True)
    assert [(request.path, request.headers["Accept"]) for request in asked] == [(EXAMPLE_PATH, SVG)]


async def test_little_that_would_become_much_is_taken_as_it_came(address: str, store: Store) -> None:
    """A megabyte of spaces, compressed though nobody asked for that, is a kilobyte of something that is no picture."""
    answer = web.Response(body=gzip.compress(b" " * 1_000_000), content_type=SVG, headers={"Content-Encoding": "gzip"})
    asked: list[web.Request] = []
    async with other(store, answer, asked), aiohttp.ClientSession(address) as http, http.get(PATH) as said:
        assert len(await said.read()) < 2000
    assert asked[0].headers["Accept-Encoding"] == "identity"


async def test_who_does_not_answer_is_waited_for_only_so_long(
    address: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something that takes connections and says nothing, and then something that takes none."""
    monkeypatch.setattr(pictures, "SECONDS", 0.2)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    put(store, silent.sockets[0].getsockname()[1])
    async with aiohttp.ClientSession(address) as http:
        async with http.get(PATH) as said:
            assert (said.status, "drew no picture within" in (await said.json())["message"]) == (503, True)
        silent.close()
        (port,) = free_ports(1)
        store.put_sdep(explained(port, version=2)[0])
        async with http.get(PATH) as said:
            assert (said.status, "can not be asked" in (await said.json())["message"]) == (503, True)


async def test_many_who_look_on_are_one_question(address: str, store: Store) -> None:
    """All have the picture, with a policy that lets nothing in it run."""
    asked: list[web.Request] = []
    async with other(store, web.Response(text=DRAWN, content_type=SVG), asked), aiohttp.ClientSession(address) as http:
        answers = await asyncio.gather(*(http.get(PATH) for _ in range(20)))
        for answer in answers:
            assert (answer.status, answer.content_type, await answer.text()) == (200, SVG, DRAWN)
            assert answer.headers["Content-Security-Policy"].endswith("sandbox")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(asked) == 1


async def test_no_other_pod_is_asked(address: str, store: Store) -> None:
    """Only one that carries the explainer's labels and is ready: not whatever a browser names."""
    asked: list[web.Request] = []
    async with other(store, web.Response(text=DRAWN, content_type=SVG), asked), aiohttp.ClientSession(address) as http:
        store.put_pod(explainer_pod("starts", ready=False))
        engine = explainer_pod("engine")
        engine["metadata"]["labels"]["seldon-app"] = "explained-main"
        store.put_pod(engine)
        for pod in ("starts", "engine", "nobody"):
            async with http.get(f"/api/sdeps/models/explained/explanations/main/{pod}") as said:
                assert (said.status, "is no pod of the explainer" in (await said.json())["message"]) == (404, True)
        for path in (PATH.replace("/main/", "/other/"), PATH.replace("/explained/", "/nothing/", 1)):
            async with http.get(path) as said:
                assert said.status == 404
    assert asked == []


@pytest.mark.parametrize(
    ("answer", "seconds"), [(web.Response(text=DRAWN, content_type=SVG), 300), (web.Response(status=500), 15)]
)
async def test_a_picture_is_kept_for_five_minutes_and_a_failure_for_a_quarter_of_one(
    store: Store, answer: web.Response, seconds: float
) -> None:
    asked: list[web.Request] = []
    now = 0.0
    async with other(store, answer, asked) as port, pictures.session() as http:
        drawn = pictures.Pictures(http, lambda: now)
        for after, count in ((0, 1), (seconds - 1, 1), (seconds + 1, 2)):
            now = after
            with suppress(InvalidError):
                await drawn.of(f"127.0.0.1:{port}", POD)
            assert len(asked) == count


async def test_few_are_asked_at_once_and_few_pictures_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes when too many are being drawn is told so; and the oldest picture goes when there is no room."""
    monkeypatch.setattr(pictures, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(pictures, "MOST_KEPT", 1)
    asked, free = [], asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        asked.append(request)
        await free.wait()
        return web.Response(text=DRAWN, content_type=SVG)

    app = web.Application()
    app.router.add_get(EXAMPLE_PATH, handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"127.0.0.1:{runner.addresses[0][1]}"
    async with pictures.session() as http:
        drawn = pictures.Pictures(http)
        first = asyncio.create_task(drawn.of(address, "first"))
        await asyncio.sleep(0)
        with pytest.raises(TransientError, match="1 pictures are being drawn already"):
            await drawn.of(address, "second")
        free.set()
        assert await first == await drawn.of(address, "second") == await drawn.of(address, "first") == DRAWN.encode()
        assert len(asked) == 3
        await drawn.close()
    await runner.cleanup()
