"""`import seldon_core` in a class: ours for what a class needs, the published package's for the rest, and only in our process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.unit.runtime.program import PATIENCE_SECONDS

PROGRAM = """
import sys
from sdep.runtime.classes.v1.install import install
install()
import seldon_core
from seldon_core import Storage
from seldon_core.flask_utils import SeldonMicroserviceException
from seldon_core.proto import prediction_pb2
from seldon_core.user_model import SeldonComponent
import seldon_core.proto.prediction_pb2 as again
assert again is prediction_pb2 and prediction_pb2.SeldonMessage(strData="x").strData == "x"
print(SeldonComponent.__module__, seldon_core.__version__)
try:
    from seldon_core.env_utils import get_model_name
    from seldon_core.proto import prediction_pb2_grpc
except ImportError as error:
    print(error)
else:
    print(prediction_pb2_grpc.__name__, sys.modules[get_model_name.__module__].__file__)
"""


def test_without_the_published_package() -> None:
    """What it lacks is an ImportError that names it."""
    ours, rest = _run([])

    assert ours == "sdep.runtime.classes.v1.user_model 1.17.1"
    assert rest == "No module named 'seldon_core.env_utils'"


def test_beside_the_published_package(seldon_client_python: Path, tmp_path: Path) -> None:
    """Its modules for the rest, with our messages below them: two of one name in a process would be an error."""
    (published,) = seldon_client_python.parents[1].glob("lib/python*/site-packages/seldon_core")
    (tmp_path / "seldon_core").symlink_to(published)
    ours, rest = _run([str(tmp_path)])

    assert ours == "sdep.runtime.classes.v1.user_model 1.17.1"
    assert rest == f"seldon_core.proto.prediction_pb2_grpc {tmp_path}/seldon_core/env_utils.py"


def _run(path: list[str]) -> list[str]:
    program = f"import sys; sys.path += {path!r}\n{PROGRAM}"
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
