"""A model answers the input example that was saved with it before anyone else asks, and says where it cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sdep.contract import INPUT_EXAMPLE_FAILED
from sdep.rollout.metadata import GraphMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.contract import ServedUnit
    from tests.unit.runtime.conftest import Client


async def test_a_model_that_fails_its_own_example_serves_and_its_metadata_says_why(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], models: Path
) -> None:
    """What it says reaches who asks for the graph, and who asks for the unit."""
    stale = models / "stale"
    shutil.copytree(models / "regression", stale)
    example = stale / "input_example.json"
    example.write_text(json.dumps({"columns": ["oil", "gas"], "data": [[1.0, 2.0]]}))
    client = serve(unit("stale"))

    assert (await client.predict({"data": {"ndarray": [[1.0, 2.0, 3.0]], "names": ["oil", "gas", "fx"]}})).code == 200
    graph = GraphMetadata.model_validate_json((await client.get("/api/v1.0/metadata")).body)
    assert "fx" in graph.of("stale").example_failed
    said = (await client.get("/api/v1.0/metadata/stale")).json
    assert said["custom"][INPUT_EXAMPLE_FAILED] == graph.of("stale").example_failed


async def test_a_model_that_answers_its_example_says_nothing_of_it(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    for name in ("regression", "doubled"):  # with an example and without one
        found = GraphMetadata.model_validate_json((await serve(unit(name)).get("/api/v1.0/metadata")).body)
        assert found.of(name).example_failed == ""
