"""What containers that take part in a request are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.graph.call import CALL, Call
from sdep.runtime.request_id import new_id

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.seldon.api import SeldonApi


def announce(request: Request, api: SeldonApi) -> str:
    """Tell containers of the request; the id that they read is the one that the client gets, made here if need be."""
    deadline = request.deadline()
    if not api.has_containers:
        if deadline is not None:
            CALL.set(Call(deadline=deadline))
        return ""
    made = request.puid or new_id()
    CALL.set(Call({**request.headers(), "seldon-puid": made}, deadline))
    return made
