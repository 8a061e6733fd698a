"""MLflow's own scoring server, asked in this process, as the judge of answers to the same requests."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from mlflow.pyfunc import load_model
from mlflow.pyfunc.scoring_server import init

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


class Verdict(NamedTuple):
    code: int
    content_type: str
    body: Any


class Judge:
    """What `mlflow models serve` runs for the model in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._app = init(load_model(str(directory)))

    async def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> Verdict:
        headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": headers}
        scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": ""}
        asked, sent = iter([{"type": "http.request", "body": body, "more_body": False}]), []

        async def receive() -> dict[str, Any]:
            return next(asked, None) or await asyncio.Event().wait()

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        await self._app(scope, receive, send)
        start, *parts = sent
        text = b"".join(part.get("body", b"") for part in parts)
        said = dict(start["headers"])[b"content-type"].decode()
        return Verdict(start["status"], said, _parsed(text))


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except ValueError:
        return text


def bodies(table: pd.DataFrame) -> dict[str, bytes | tuple[bytes, str]]:
    """One table in all ways that clients write it, right ones and wrong ones; some with their content type."""
    split, rows = json.loads(table.to_json(orient="split")), json.loads(table.to_json(orient="values"))
    records, columns = json.loads(table.to_json(orient="records")), json.loads(table.to_json(orient="split"))["columns"]
    by_column = {name: [record[name] for record in records] for name in columns}
    with_null = json.loads(table.to_json(orient="split"))
    with_null["data"][0][-1] = None
    written: dict[str, object] = {
        "split": {"dataframe_split": split},
        "split without index": {"dataframe_split": {"columns": columns, "data": rows}},
        "split in another order": {"dataframe_split": {"columns": columns[::-1], "data": [row[::-1] for row in rows]}},
        "split without columns": {"dataframe_split": {"data": rows}},
        "records": {"dataframe_records": records},
        "rows as instances": {"instances": rows},
        "rows as inputs": {"inputs": rows},
        "records as instances": {"instances": records},
        "records as inputs": {"inputs": records},
        "columns as inputs": {"inputs": by_column},
        "one record as inputs": {"inputs": records[0]},
        "one column too many": {
            "dataframe_split": {"columns": [*columns, "more"], "data": [[*row, 1] for row in rows]},
        },
        "one column missing": {"dataframe_split": {"columns": columns[:-1], "data": [row[:-1] for row in rows]}},
        "other names": {"dataframe_split": {"columns": [f"p{name}" for name in columns], "data": rows}},
        "text for numbers": {
            "dataframe_split": {"columns": columns, "data": [[str(value) for value in row] for row in rows]},
        },
        "a null": {"dataframe_split": with_null},
        "params": {"dataframe_split": split, "params": {"factor": 3, "mode": "loud", "unknown": 1}},
        "params of a wrong type": {"dataframe_split": split, "params": {"factor": "x"}},
        "params that are a list": {"dataframe_split": split, "params": [1]},
        "two formats": {"instances": rows, "inputs": rows},
        "no format": {"rows": rows},
        "a list": rows,
        "a conversation": {"messages": [{"role": "user", "content": "hello"}]},
        "one axis": {"instances": [1.5, 2.5]},
        "a number": {"inputs": 1.5},
        "no rows": {"dataframe_split": {"columns": columns, "data": []}},
        "ragged rows": {"instances": [[1, 2], [3]]},
        "columns of several lengths": {"inputs": {name: [1.0] * (i + 1) for i, name in enumerate(columns)}},
    }
    made: dict[str, bytes | tuple[bytes, str]] = {name: json.dumps(body).encode() for name, body in written.items()}
    csv, plain = table.to_csv(index=False).encode(), json.dumps(written["split"]).encode()
    return made | {
        "csv": (csv, "text/csv"),
        "csv with its character set": (csv, "text/csv; charset=utf-8"),
        "json with its character set": (plain, "application/json; charset=UTF-8"),
        "another character set": (plain, "application/json; charset=latin-1"),
        "another parameter": (plain, "application/json; format=pandas-split"),
        "plain text": (plain, "text/plain"),
        "no json": b"{",
        "nothing": b"",
    }
