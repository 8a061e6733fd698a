"""The command `sdep pause`."""

from __future__ import annotations

import argparse

from sdep.cli import commanding

DESCRIPTION = """Stop a rollout where it is: the canary keeps the share that it has until `sdep resume`, `sdep promote` or `sdep abort`."""
EXAMPLES = ("sdep pause prices --why 'quarter end'",)


def configure(parser: argparse.ArgumentParser) -> None:
    commanding.configure(parser)


def run(given: argparse.Namespace) -> int:
    return commanding.tell(given, "pause")
