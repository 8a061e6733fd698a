"""The node's API server as this package talks to it, through the loopback forward."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from string import Template
from typing import Any

from node import command
from node.layout import HERE, Layout

SECONDS = 5


@dataclass(frozen=True)
class Api:
    layout: Layout

    def get(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON the server has there
        """Read one path; an answer other than 200 counts as a refused connection."""
        address = json.loads(self.layout.forwards.read_text())["api"]
        context = ssl.create_default_context(cafile=str(self.layout.pki / "ca.crt"))
        context.load_cert_chain(self.layout.pki / "admin.crt", self.layout.pki / "admin.key")
        connection = http.client.HTTPSConnection(address, timeout=SECONDS, context=context)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            content = answer.read()
        except http.client.HTTPException as broken:
            raise ConnectionError(str(broken)) from broken
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise ConnectionError(f"{path}: {answer.status} {content[:200]!r}")
        return json.loads(content) if content.startswith(b"{") else content.decode()

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        return command.run([self.layout.bin / "kubectl", "--kubeconfig", self.layout.kubeconfig, *arguments], text=text)

    def apply(self, manifest: str, **values: str) -> None:
        """Apply one of this package's manifests, with its placeholders filled in."""
        text = (HERE / "manifests" / manifest).read_text()
        if values:
            # $(NAME) in a manifest is Kubernetes' own placeholder and stays.
            text = Template(text).safe_substitute(values)
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=text)
