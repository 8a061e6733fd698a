"""The command `sdep explanations`."""

from __future__ import annotations

import argparse

DESCRIPTION = "Serve explanations of the model that the variable SDEP_EXPLAINER describes."
EXAMPLES: tuple[str, ...] = ()


def configure(parser: argparse.ArgumentParser) -> None:
    """No options: the operator writes the environment."""
    parser.set_defaults()


def run(_: argparse.Namespace) -> int:
    from sdep.runtime.explain.main import main as serve  # noqa: PLC0415 - the operator's image has no models

    return serve()
