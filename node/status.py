"""Saying how the node is."""

from __future__ import annotations

import json

from node.health import faults, running
from node.layout import Layout


def status(layout: Layout) -> bool:
    """Print the state; true only for a node that is up and well."""
    inside = running(layout)
    if inside is None:
        print("down")
        return False
    wrong = faults(inside)
    print(f"{'not well' if wrong else 'up'}: init is process {inside.init.pid}")
    print(f"kubeconfig  {layout.kubeconfig}")
    for name, address in json.loads(layout.forwards.read_text()).items():
        print(f"{name:<11} {address}")
    for fault in wrong:
        print(fault)
    return not wrong
