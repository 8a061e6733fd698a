"""HTML forms as v1 takes them: a field `json`, or (multipart) the fields of a SeldonMessage one by one."""

from __future__ import annotations

import base64
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sdep.runtime.errors import BadDataError
from sdep.runtime.seldon.codec import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator


def form_json(body: bytes, content_type: str) -> Any:  # noqa: ANN401 - JSON is whatever it is
    if content_type.lower().startswith("multipart/"):
        return _multipart(body, content_type)
    field = parse_qs(body.decode("latin-1").encode("latin-1").decode("utf-8", "replace")).get("json")
    if field is None:
        raise BadDataError("the form has no field json")
    return parse_json(field[0], "the form field json")


def _multipart(body: bytes, content_type: str) -> Any:  # noqa: ANN401 - as above
    """Each field is JSON, but strData is text and a file is text, and binData, a file, is bytes."""
    fields = {name: _value(name, content, is_file=is_file) for name, content, is_file in _parts(body, content_type)}
    return fields.get("json", fields)


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, bytes, bool]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise BadDataError("the multipart body does not have the boundary that its Content-Type names")
    for part in message.iter_parts():
        name = part.get_param("name", header="Content-Disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            yield name, content, part.get_filename() is not None


def _value(name: str, content: bytes, *, is_file: bool) -> Any:  # noqa: ANN401 - as above
    if name == "binData":
        return base64.b64encode(content).decode() if is_file else content.decode(errors="replace")
    if name == "strData" or is_file:
        return content.decode(errors="replace")
    return parse_json(content, f"the form field {name}")
