"""`kubectl port-forward`, as the quick start uses it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from demo.kubectl import Target


@contextmanager
def forwarded(target: Target, namespace: str, what: str, port: int) -> Iterator[int]:
    """A loopback port behind which `what` answers, for as long as the block runs."""
    command = ["kubectl", "port-forward", "-n", namespace, what, f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=target.environment()) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.match(r"Forwarding from 127\.0\.0\.1:(\d+)", line)
            assert match, f"kubectl port-forward said {line!r}"
            yield int(match[1])
        finally:
            process.terminate()
