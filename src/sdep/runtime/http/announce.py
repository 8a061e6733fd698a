"""How containers and loggers learn of the request that they take part in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.graph.call import CALL, Call
from sdep.runtime.seldon.puid import header_value, own_puid

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.seldon.api import SeldonApi


def announce(request: Request, api: SeldonApi, content: object = None, own: str = "") -> str:
    """Give the id that they read and the client gets, "" if nobody asks.

    It is the header's, else that of the decoded message (`content`) or the protocol's `own`, else the mesh's, else a new one.
    """
    deadline = request.deadline()
    if not api.announces:
        if deadline is not None:
            CALL.set(Call(deadline=deadline))
        return ""
    request.puid = request.puid or own_puid(content) or header_value(own) or request.id
    CALL.set(Call({**request.headers(), "seldon-puid": request.puid}, deadline))
    return request.puid
