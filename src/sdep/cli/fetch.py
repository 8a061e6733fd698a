"""The command `sdep fetch`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="sdep fetch", description="Download a model into a folder, whole or not at all."
    )
    parser.add_argument("uri", help="where the model is stored, such as s3://bucket/path")
    parser.add_argument("directory", type=Path, help="an existing folder")
    given = parser.parse_args(arguments)
    from sdep.runtime import fetch  # noqa: PLC0415 - the operator's image has no MLflow

    return fetch.main(given.uri, given.directory)
