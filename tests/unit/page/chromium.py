"""A real Chromium without a window, told what to do by the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

PATIENCE_SECONDS = 60.0
_CODES = {"Tab": 9, "Enter": 13}
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # as root there is none
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--disable-component-update",
    "--disable-background-networking",
    "--remote-debugging-port=0",
    "--lang=en",
)


class Tab:
    """One page. `problems` are errors of its console and of its scripts; `asked` are the addresses that it requested."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.problems: list[str] = []
        self.asked: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_str(json.dumps({"id": number, "method": method, "params": parameters}))
        return await asyncio.wait_for(answer, PATIENCE_SECONDS)

    async def value(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        said = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    async def until(self, script: str) -> None:
        """Look at every frame that is drawn until the script gives something true."""
        watching = f"(async () => {{ while (!({script})) await new Promise(requestAnimationFrame); return true; }})()"
        try:
            await asyncio.wait_for(self.value(watching), PATIENCE_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"never true: {script}") from error

    async def press(self, key: str) -> None:
        code = {"key": key, "code": key, "windowsVirtualKeyCode": _CODES[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    async def look(self, *, scheme: str = "light", width: int = 1200, height: int = 900) -> None:
        """Which colours the reader prefers, and how large the window is."""
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def screenshot(self) -> bytes:
        """A PNG of the whole page."""
        said = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(said["data"])

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if not answer.done():
                    answer.set_result(said.get("result") or {"error": said.get("error")})
            else:
                self._heard(said["method"], said["params"])

    def _heard(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
        elif (
            method == "Runtime.exceptionThrown"
            or (method == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"})
            or (method == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning", "assert"})
        ):
            self.problems.append(json.dumps(told))


@contextmanager
def chromium(folder: Path) -> Iterator[str]:
    """The address at which a browser with a profile of its own takes orders; killed afterwards."""
    command = ["chromium", *_OPTIONS, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.kill()


def _address(process: subprocess.Popen[str]) -> str:
    """Chromium says where it listens on its standard error."""
    said = []
    for line in process.stderr or ():
        said.append(line)
        if found := re.search(r"DevTools listening on ws://([^/]+)/", line):
            return f"http://{found[1]}"
    raise AssertionError(f"chromium ended: {said[-5:]}")


@asynccontextmanager
async def new_tab(browser: str) -> AsyncIterator[Tab]:
    """A tab that is closed with the block."""
    async with aiohttp.ClientSession(browser) as http:
        async with http.put("/json/new?about:blank") as answer:
            target = await answer.json()
        async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            tab = Tab(socket)
            for domain in ("Page", "Runtime", "Log", "Network"):
                await tab.call(f"{domain}.enable")
            await tab.call("Page.bringToFront")
            try:
                yield tab
            finally:
                await tab.close()
        async with http.get(f"/json/close/{target['id']}") as answer:
            await answer.read()
