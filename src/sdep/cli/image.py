"""The command `sdep image`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sdep.cli.fetched import fetch_model
from sdep.cli.image_context import IMPLEMENTATIONS, Baked, dockerfile, manifest
from sdep.cli.look_up import add_registry, look_up
from sdep.errors import InvalidError
from sdep.registry.resolved import ResolvedModel

DESCRIPTION = """Build an image that holds a model and all that serves it: `sdep image build URI --tag IMAGE`.

The model is fetched here, with the credentials that the environment has, as an init container would. An environment is made for it
in the image where it asks for other packages than the runtime has. The image is a unit's container: it needs no init container,
no registry and no store when its pod starts."""
EXAMPLES = (
    "sdep image build models:/price/3 --tag registry.example/price:3",
    "sdep image build models:/price@champion --tag registry.example/price:champion --push",
    "sdep image build s3://models/price/3 --tag registry.example/price:3 --output context   # to build elsewhere",
)
TOOLS = ("docker", "podman", "buildah")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("build",), help="what to do")
    parser.add_argument("uri", metavar="URI", help="a modelUri, such as models:/price@champion")
    parser.add_argument("-t", "--tag", required=True, metavar="IMAGE", help="name of the image")
    parser.add_argument("--base", default="sdep-runtime", metavar="IMAGE", help="the runtime's; default: sdep-runtime")
    parser.add_argument("--implementation", choices=IMPLEMENTATIONS, help="default: MLFLOW_SERVER for an MLflow model")
    parser.add_argument("--tool", choices=TOOLS, help="what builds; default: the first of these that is installed")
    parser.add_argument("--push", action="store_true", help="push the image when it is built")
    parser.add_argument(
        "--output", type=Path, metavar="DIRECTORY", help="leave the build context there, and build nothing"
    )
    add_registry(parser)


def run(given: argparse.Namespace) -> int:
    found = look_up(given)
    if given.output is not None:
        _lay_out(given, found, given.output)
        sys.stderr.write(f"the context is in {given.output}\n")
        return 0
    tool = _tool(given.tool)
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch)
        baked = _lay_out(given, found, context)
        _call(tool, "build", "--tag", given.tag, "--file", str(context / "Dockerfile"), str(context))
    if given.push:
        _call(tool, "push", given.tag)
    sys.stdout.write(manifest(baked, given.tag))
    return 0


def _lay_out(given: argparse.Namespace, found: ResolvedModel, context: Path) -> Baked:
    """The folder that a builder needs: the model and the Dockerfile."""
    model = context / "model"
    fetch_model(given, found, model)
    baked = Baked.of(given.uri, found, given.implementation or _implementation(model))
    (context / "Dockerfile").write_text(dockerfile(baked, given.base))
    return baked


def _implementation(model: Path) -> str:
    if (model / "MLmodel").is_file():
        return "MLFLOW_SERVER"
    raise InvalidError("InvalidCall", "the model is no MLflow model: say what serves it with --implementation")


def _tool(named: str | None) -> str:
    found = next((tool for tool in ((named,) if named else TOOLS) if shutil.which(tool)), None)
    if found is None:
        wanted = named or ", ".join(TOOLS)
        raise InvalidError(
            "InvalidCall", f"there is no {wanted} here: install one, or use --output and build elsewhere"
        )
    return found


def _call(*command: str) -> None:
    """What it says goes to standard error: standard output is for the manifest."""
    done = subprocess.run(command, stdout=sys.stderr, check=False)  # noqa: S603 - a tool that the user has
    if done.returncode:
        raise InvalidError("BuildFailed", f"`{' '.join(command[:2])}` ended with {done.returncode}; it says above why")
