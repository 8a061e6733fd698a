"""The OpenAPI document of a served graph, judged by what the same port answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedUnit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.conftest import Client

PAGES = ("/api/v1.0/doc/", "/api/v0.1/doc/", "/api/v1.0/doc/index.html", "/v2/docs/")


async def document(client: Client) -> dict[str, Any]:
    answer = await client.get("/api/v1.0/doc/seldon.json")
    assert (answer.code, answer.headers["content-type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.parametrize("name", ["regression", "tensor", "mixed", "python"])
async def test_every_operation_answers_its_own_example(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], name: str
) -> None:
    """For models with columns, with a tensor, with text, and with nothing that says what they take."""
    client = serve(unit(name))
    found = await document(client)
    for path, methods in found["paths"].items():
        for method, said in methods.items():
            content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = json.dumps(content["example"]).encode() if content else b""
            parameters = said.get("parameters", [])
            for value in parameters[0]["schema"]["enum"] if parameters else [""]:
                headers = {"content_type": "application/json"} if body else {}
                answer = await client.send(method.upper(), path.replace("{unit}", value), body, **headers)
                assert answer.code == 200, (path, answer.body)


async def test_columns_of_the_signature_and_the_saved_example_are_in_the_document(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    both = {"type": "COMBINER", "implementation": "AVERAGE_COMBINER"}
    found = await document(serve(ServedUnit(name="both", children=(unit("regression"), unit("doubled")), **both)))
    content = found["paths"]["/api/v1.0/predictions"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"]["data"]["names"] == ["oil", "gas", "fx"]
    assert len(content["example"]["data"]["ndarray"]) == 2
    row = found["components"]["schemas"]["SeldonMessage"]["properties"]["data"]["properties"]["ndarray"]["items"]
    assert row["prefixItems"][0] == {"title": "oil", "type": "number"}
    named = found["paths"]["/api/v1.0/metadata/{unit}"]["get"]["parameters"][0]
    assert named["schema"]["enum"] == ["both", "regression", "doubled"]


async def test_only_what_the_port_serves_is_described(regression: Client) -> None:
    for path, methods in (await document(regression))["paths"].items():
        (method,) = methods
        answer = await regression.send(method.upper(), path.replace("{unit}", "regression"), b"{}")
        assert answer.code not in {404, 405}, path


@pytest.mark.parametrize("path", PAGES)
async def test_the_page_asks_nobody_but_this_server(regression: Client, path: str) -> None:
    answer = await regression.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "://" not in answer.body.decode()
