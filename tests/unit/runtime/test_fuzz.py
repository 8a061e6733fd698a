"""Wrong requests, thousands of them, to every parser that a client can reach."""

from __future__ import annotations

import gc
import logging

import pytest

from bench.fuzz import fuzz, serving

COUNT = 20_000


@pytest.mark.filterwarnings("ignore")  # MLflow's while saving, NumPy's of overflows that were asked for
async def test_no_request_is_too_wrong(caplog: pytest.LogCaptureFixture) -> None:
    """Each gets an answer: a prediction, or a sentence in a status object with a code below 500."""
    caplog.set_level(logging.CRITICAL, "sdep.runtime")
    with serving() as app:
        found = await fuzz(app, COUNT, seed=1)
        gc.collect()

    assert found.wrong == []
    assert {200, 400, 404} <= set(found.codes)
