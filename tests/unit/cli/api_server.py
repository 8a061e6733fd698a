"""An API server that holds one SeldonDeployment, as far as commands speak with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.unit.cli.cluster_objects import NAMESPACE, Body
from tests.unit.runtime.listening import listening


class ApiServer:
    """`operator` is called with the object after each patch; the first `overtaken` reads are followed by a write of somebody else.

    `beside` it are objects of other kinds; `logs` are those of any container: of the run before (True), and of the current one.
    """

    def __init__(
        self,
        body: Body,
        operator: Callable[[Body], None] | None = None,
        overtaken: int = 0,
        *,
        beside: Sequence[Mapping[str, Any]] = (),
        logs: Mapping[bool, str] | None = None,
    ) -> None:
        self.body = {**body, "metadata": {**body["metadata"], "resourceVersion": "1", "annotations": {}}}
        self.changed = threading.Condition()
        self._operator = operator
        self._overtaken = overtaken
        self._beside = beside
        self._logs = logs or {}

    @contextmanager
    def kubeconfig(self, folder: Path) -> Iterator[str]:
        """The path of a kubeconfig that leads here, for as long as the block runs."""
        with listening(_handler(self)) as port:
            path = folder / "config"
            path.write_text(
                f"current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u, namespace: {NAMESPACE}}}}}]\n"
                f"clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\nusers: [{{name: u, user: {{}}}}]\n"
            )
            yield str(path)
            with self.changed:
                self.changed.notify_all()

    def read(self, last: str) -> Body:
        """The object, or the list of a kind, by the last word of the path."""
        found = json.loads(json.dumps(self.body))
        if last == "seldondeployments":
            return {"items": [found]}
        if last != found["metadata"]["name"]:
            return {"items": [body for body in self._beside if f"{body['kind'].lower()}s" == last]}
        if self._overtaken:
            self._overtaken -= 1
            self._written()
        return dict(found)

    def log(self, *, previous: bool) -> str | None:
        """None where the kubelet has none, which it answers with 400."""
        return self._logs.get(previous)

    def patch(self, patch: Body) -> bool:
        """Whether the object is still the one that was read."""
        metadata = self.body["metadata"]
        if patch["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            return False
        metadata["annotations"].update(patch["metadata"]["annotations"])
        if self._operator:
            self._operator(self.body)
        self._written()
        return True

    def _written(self) -> None:
        with self.changed:
            self.body["metadata"]["resourceVersion"] += "1"
            self.changed.notify_all()


def _handler(server: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            last = self.path.partition("?")[0].rpartition("/")[2]
            if last == "log":
                log = server.log(previous="previous=true" in self.path)
                self._write(400 if log is None else 200, log or "", "text/plain")
                return
            if "watch=true" not in self.path:
                self._answer(200, server.read(last))
                return
            self.send_response(200)
            self.end_headers()
            with server.changed:
                self.wfile.write(b"{}\n")
                server.changed.wait(5)  # then the watch ends, and whoever still watches begins another

        def do_PATCH(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            done = server.patch(sent)
            self._answer(200 if done else 409, server.body if done else {"message": "the object has been modified"})

        def _answer(self, status: int, body: Body) -> None:
            self._write(status, json.dumps(body), "application/json")

        def _write(self, status: int, written: str, content: str) -> None:
            text = written.encode()
            self.send_response(status)
            self.send_header("Content-Type", content)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
