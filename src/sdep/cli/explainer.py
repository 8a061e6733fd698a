"""The command `sdep explainer`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from sdep.cli.fetched import fetch_model
from sdep.cli.look_up import add_registry, look_up
from sdep.contract import ENV_REFERENCE, EXPLAINERS, LOGGED_REFERENCE
from sdep.errors import InvalidError

DESCRIPTION = """Make an explainer of a model ahead, and keep it in the model's own run: `sdep explainer fit URI --type TYPE`.

What is printed is the `modelUri` of an explainer in a manifest. With it the pod needs no reference data, and computes nothing
of it when it starts. The data is what MLflow knows of the model's training, or what --reference names. It is kept in the explainer,
at most 10000 rows of it: who may read the run reads them."""
EXAMPLES = (
    "sdep explainer fit models:/price@champion --type KernelShap",
    "sdep explainer fit models:/price/3 --type AnchorTabular --config threshold=0.95 --reference training.parquet",
    "sdep explainer fit s3://models/price/3 --type ALE --reference s3://data/training.csv --output explainer",
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("fit",), help="what to do")
    parser.add_argument("uri", metavar="URI", help="a modelUri, such as models:/price@champion")
    parser.add_argument("--type", required=True, choices=sorted(EXPLAINERS), help="as explainer.type in a manifest")
    parser.add_argument(
        "--config", action="append", default=[], metavar="NAME=VALUE", help="as explainer.config; may be given again"
    )
    parser.add_argument("--reference", default=LOGGED_REFERENCE, metavar="URI", help="a table of the training data")
    parser.add_argument("--name", default="explainer", help="of the artifact in the run; default: explainer")
    parser.add_argument("--output", type=Path, metavar="DIRECTORY", help="write it there, and into no run")
    add_registry(parser)


def run(given: argparse.Namespace) -> int:
    config, found = _config(given.config), look_up(given)
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "model"
        fetch_model(given, found, model)
        _prepare(model, given.reference)
        made = _fitted(model, given.type, config, given.output or Path(scratch) / "explainer")
        kept = str(given.output) if given.output else _keep(made, found.run_id or _run_of(model), given.name)
    sys.stdout.write(f"{kept}\n")
    return 0


def _config(given: list[str]) -> dict[str, str]:
    wrong = next((one for one in given if "=" not in one), None)
    if wrong:
        raise InvalidError("InvalidCall", f"--config takes NAME=VALUE, not {wrong!r}")
    return dict(one.split("=", 1) for one in given)


def _prepare(model: Path, reference: str) -> None:
    """The reference data, beside the model."""
    from sdep.runtime.reference.prepare import prepare_reference  # noqa: PLC0415 - completion loads every command

    lack = prepare_reference(model, {ENV_REFERENCE: reference})
    if lack:
        raise InvalidError("ReferenceNotFound", lack)


def _fitted(model: Path, kind: str, config: dict[str, str], into: Path) -> Path:
    from sdep.runtime.errors import ServingError  # noqa: PLC0415
    from sdep.runtime.explain.fit import fit  # noqa: PLC0415
    from sdep.runtime.reference.reference import FOLDER, read_reference  # noqa: PLC0415

    try:
        return fit(model, read_reference(model / FOLDER), kind, config, into)
    except ServingError as error:
        raise InvalidError("NotExplainable", error.message) from error


def _run_of(model: Path) -> str:
    from sdep.runtime.reference.logged import run_of  # noqa: PLC0415

    return run_of(model)


def _keep(made: Path, run: str, name: str) -> str:
    """In the run that made the model; the URI by which it is found again."""
    if not run:
        message = "the model names no run that the explainer could be kept in: give --output, and store it yourself"
        raise InvalidError("InvalidCall", message)
    import_module("mlflow").MlflowClient().log_artifacts(run, str(made), name)
    return f"runs:/{run}/{name}"
