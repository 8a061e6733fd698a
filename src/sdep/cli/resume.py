"""The command `sdep resume`."""

from __future__ import annotations

import argparse

from sdep.cli import commanding

DESCRIPTION = """Let a paused rollout go on from the step where it is."""
EXAMPLES = ("sdep resume prices", "sdep resume prices --wait")


def configure(parser: argparse.ArgumentParser) -> None:
    commanding.configure(parser)


def run(given: argparse.Namespace) -> int:
    return commanding.tell(given, "resume")
