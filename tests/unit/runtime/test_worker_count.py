"""How many processes and threads there are, by what the environment and the container say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sdep.contract import ServedPredictor, ServedUnit
from sdep.runtime.settings import read_settings
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Mapping

ECHO = ServedUnit(name="echo", implementation="SIMPLE_MODEL")


@pytest.mark.parametrize(
    ("told", "workers", "threads"),
    [
        ({}, 0, 2),
        ({"GUNICORN_WORKERS": "3", "GUNICORN_THREADS": "5"}, 3, 5),
        ({"GUNICORN_WORKERS": "3", "SDEP_WORKERS": "2", "GUNICORN_THREADS": "5", "SDEP_THREADS": "1"}, 2, 1),
    ],
)
def test_v1s_variables_count_where_ours_are_not_set(told: Mapping[str, str], workers: int, threads: int) -> None:
    """Zero workers leave the number to the container's limits."""
    predictor = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=ECHO)
    settings = read_settings({"SDEP_PREDICTOR": predictor.model_dump_json(), **told})

    assert (settings.workers, settings.threads) == (workers, threads)


def test_a_router_that_learns_has_one_process(tmp_path: Path) -> None:
    """Two would each know half, and overwrite each other's state."""
    children = (ECHO, ECHO.model_copy(update={"name": "other"}))
    graph = ServedUnit(name="r", type="ROUTER", implementation="EPSILON_GREEDY", children=children)
    with running(tmp_path, graph, SDEP_WORKERS="2") as engine:
        process = engine.process.pid
        assert Path(f"/proc/{process}/task/{process}/children").read_text() == ""


def test_libraries_share_the_cpus_of_the_container(tmp_path: Path) -> None:
    """Each of as many workers as CPUs starts one thread in OpenMP and BLAS."""
    with running(tmp_path, ECHO, SDEP_WORKERS=str(max(2, len(os.sched_getaffinity(0))))) as engine:
        process = engine.process.pid
        worker = Path(f"/proc/{process}/task/{process}/children").read_text().split()[0]
        assert b"OMP_NUM_THREADS=1" in Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")
