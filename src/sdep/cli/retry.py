"""The command `sdep retry`."""

from __future__ import annotations

import argparse

from sdep.cli import commanding

DESCRIPTION = """Try the same canary again after it was turned back, from the first step and with new evidence.

A corrected canary, or a newer model, needs no command: it is tried by itself."""
EXAMPLES = ("sdep retry prices --why 'the feature store was down'",)


def configure(parser: argparse.ArgumentParser) -> None:
    commanding.configure(parser)


def run(given: argparse.Namespace) -> int:
    return commanding.tell(given, "retry")
