"""The command `sdep operate`."""

from __future__ import annotations

import argparse
import os

from pydantic import ValidationError

from sdep.errors import InvalidError
from sdep.settings import PREFIX, from_environment

DESCRIPTION = "Run the operator. Its settings are SDEP_* variables, which the chart's values set."
EXAMPLES = ("SDEP_RUNTIME_IMAGE=registry.example/sdep-runtime:1 sdep operate",)


def configure(parser: argparse.ArgumentParser) -> None:
    """No options: settings come from the environment."""
    parser.set_defaults()


def run(_: argparse.Namespace) -> int:
    from sdep.operator.main import run as operate  # noqa: PLC0415 - the runtime's image has no kopf

    try:
        settings = from_environment(os.environ)
    except ValidationError as error:
        faults = "; ".join(f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        raise InvalidError("InvalidSettings", faults) from error
    return operate(settings)
