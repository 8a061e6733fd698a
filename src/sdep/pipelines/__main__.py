"""Write the components as YAML, for pipelines that load them from a file or an address: `python -m sdep.pipelines FOLDER`."""

from __future__ import annotations

import argparse
from pathlib import Path

from kfp import compiler

from sdep.pipelines.components import components


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sdep.pipelines", description="Write the components as YAML.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, component in components().items():
        compiler.Compiler().compile(component, str(folder / f"{name}.yaml"))


if __name__ == "__main__":
    main()
