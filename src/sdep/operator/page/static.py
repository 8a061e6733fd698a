"""The files of the page, as they are: nothing is built, and nothing comes from another host."""

from __future__ import annotations

from importlib import resources

from aiohttp import web

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_INDEX = "index.html"
HEADERS = {
    # Scripts and styles are files of their own, so that text from the cluster never can become one.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Of every answer."""
OF_PICTURES = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
}
"""A pod drew it, and it may be opened by itself: nothing in it is run, and nothing loaded."""


def routes() -> list[web.RouteDef]:
    folder = resources.files("sdep.operator.page") / "files"
    return [_route(file.name, file.read_bytes()) for file in folder.iterdir() if file.name.endswith(tuple(_TYPES))]


def _route(name: str, body: bytes) -> web.RouteDef:
    kind = next(kind for ending, kind in _TYPES.items() if name.endswith(ending))

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8")

    return web.get("/" if name == _INDEX else f"/{name}", handle)
