"""An explainer as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sdep.contract import ENV_EXPLAINER, ServedExplainer

PROGRAM = "import sys; from sdep.runtime.explain.main import main; sys.exit(main())"


class Explaining(NamedTuple):
    process: subprocess.Popen[str]
    port: int


@contextmanager
def explaining(home: Path, told: ServedExplainer) -> Iterator[Explaining]:
    """Ready, as its log says; killed afterwards. `home` stands for `/`."""
    environment = {
        **os.environ,
        ENV_EXPLAINER: told.model_dump_json(by_alias=True),
        "SDEP_ROOT": str(home),
        "SDEP_HTTP_PORT": "0",
        "SDEP_DRAIN_SECONDS": "0",
        "SDEP_TERMINATION_LOG": str(home / "log"),
    }
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Explaining(process, _port(process))
        finally:
            process.kill()


def _port(process: subprocess.Popen[str]) -> int:
    port, lines = 0, []
    for line in process.stdout or ():
        lines.append(line)
        said = json.loads(line)
        port = said.get("port", port)
        if said["message"] == "ready":
            return int(port)
    raise AssertionError(f"the program ended before it was ready: {lines}")
