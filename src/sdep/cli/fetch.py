"""The command `sdep fetch`."""

from __future__ import annotations

import argparse
from pathlib import Path

DESCRIPTION = "Download a model into a folder, whole or not at all."
EXAMPLES = ("sdep fetch s3://models/price/3 /mnt/models/price",)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uri", metavar="URI", help="where the model is stored, such as s3://bucket/path")
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="an existing folder")


def run(given: argparse.Namespace) -> int:
    from sdep.runtime import fetch  # noqa: PLC0415 - the operator's image has no MLflow

    return fetch.main(given.uri, given.directory)
