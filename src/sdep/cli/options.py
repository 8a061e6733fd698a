"""Options that several commands share, under the names that kubectl gives them."""

from __future__ import annotations

import argparse
from pathlib import Path

FORMATS = ("json", "yaml")


def add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a manifest, a directory (its .yaml, .yml and .json files), or - for standard input",
    )


def add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a SeldonDeployment")


def add_output(parser: argparse.ArgumentParser) -> None:
    """`-o` for programs, `--color` for people."""
    parser.add_argument("-o", "--output", choices=FORMATS, help="print for programs: stable field names")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto: on a terminal, unless NO_COLOR is set (default)",
    )


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Which cluster and namespace."""
    parser.add_argument("-n", "--namespace", help="default: that of the context")
    parser.add_argument("--context", help="a context of the kubeconfig; default: its current one")
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help="default: $KUBECONFIG, else ~/.kube/config")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The operator's settings, by which a manifest is rendered."""
    parser.add_argument(
        "-f",
        "--settings",
        type=Path,
        metavar="FILE",
        help="the operator's settings as YAML, such as `drain_seconds: 5`",
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="one setting; may be repeated")
    parser.add_argument("--runtime-image", metavar="IMAGE", help="short for --set runtime_image=IMAGE")


def add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models",
        action="append",
        default=[],
        metavar="UNIT=MODEL",
        help="pin a unit, PREDICTOR/UNIT or a registered model to a version or an artifact URI; or a file with "
        "`models:` as in a status; may be repeated",
    )
