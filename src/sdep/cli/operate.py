"""The command `sdep operate`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from pydantic import ValidationError

from sdep.errors import InvalidError
from sdep.settings import PREFIX, from_environment


def main(arguments: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="sdep operate", description="Run the operator.").parse_args(arguments)
    from sdep.operator.main import run  # noqa: PLC0415 - the runtime's image has no kopf

    try:
        settings = from_environment(os.environ)
    except ValidationError as error:
        faults = "; ".join(f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        raise InvalidError("InvalidSettings", faults) from error
    return run(settings)
