"""The command `sdep serve`."""

from __future__ import annotations

import argparse

DESCRIPTION = "Serve the predictor that the variable SDEP_PREDICTOR describes."
EXAMPLES: tuple[str, ...] = ()


def configure(parser: argparse.ArgumentParser) -> None:
    """No options: the operator writes the environment."""
    parser.set_defaults()


def run(_: argparse.Namespace) -> int:
    from sdep.runtime.main import main as serve  # noqa: PLC0415 - the operator's image has no models

    return serve()
