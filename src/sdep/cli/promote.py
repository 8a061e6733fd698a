"""The command `sdep promote`."""

from __future__ import annotations

import argparse

from sdep.cli import commanding

DESCRIPTION = """End the step of a rollout in the canary's favour, whatever the analysis says: the next step begins, or the rollout is
complete.

The spec is not changed: the annotation sdep.io/rollout-command says it, and the operator obeys it once."""
EXAMPLES = (
    "sdep promote prices --why 'checked by hand'",
    "sdep promote prices --full --wait                    # all steps at once",
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--full", action="store_true", help="end all steps: the canary takes the whole traffic")
    commanding.configure(parser)


def run(given: argparse.Namespace) -> int:
    return commanding.tell(given, "complete" if given.full else "promote")
