"""The command `sdep abort`."""

from __future__ import annotations

import argparse

from sdep.cli import commanding

DESCRIPTION = """Turn a rollout back: its canary gets no traffic any more, and the stable predictor gets it all.

The spec is not changed: the annotation sdep.io/rollout-command says it, and the operator obeys it once. `sdep retry` tries the
same canary again."""
EXAMPLES = ("sdep abort prices --why 'complaints from the desk'",)


def configure(parser: argparse.ArgumentParser) -> None:
    commanding.configure(parser)


def run(given: argparse.Namespace) -> int:
    return commanding.tell(given, "abort")
