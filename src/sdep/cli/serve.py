"""The command `sdep serve`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    description = "Serve the predictor that SDEP_PREDICTOR describes."
    argparse.ArgumentParser(prog="sdep serve", description=description).parse_args(arguments)
    from sdep.runtime.main import main as serve  # noqa: PLC0415 - the operator's image has no models

    return serve()
