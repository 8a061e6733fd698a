"""The program of a stand-in: HTTP on 8000, and just enough of HTTP/2 on 5001 to answer any unary gRPC call with a name."""

from __future__ import annotations

import collections
import http.server
import json
import os
import pathlib
import socket
import socketserver
import ssl
import struct
import tempfile
import threading

NAME = os.environ["PREDICTOR"]
SEEN: collections.Counter[str] = collections.Counter()
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
ACK = END_STREAM = 1
END_HEADERS = 4
PREFACE = 24


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def do_GET(self) -> None:
        self.answer(SEEN)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        SEEN[self.headers["x-test"]] += 1
        self.answer({"predictor": NAME, "path": self.path})

    def answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Say nothing: what was seen is asked for."""


class Grpc(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.read(PREFACE)
        self.frame(SETTINGS, 0, 0, b"")
        while head := self.rfile.read(9):
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            content = self.rfile.read(int.from_bytes(head[:3], "big"))
            if kind in {SETTINGS, PING} and not flags & ACK:
                self.frame(kind, ACK, 0, content if kind == PING else b"")
            if kind in {DATA, HEADERS} and flags & END_STREAM:
                self.answer(stream)

    def answer(self, stream: int) -> None:
        self.frame(HEADERS, END_HEADERS, stream, fields({":status": "200", "content-type": "application/grpc"}))
        self.frame(DATA, 0, stream, struct.pack(">BI", 0, len(NAME)) + NAME.encode())
        self.frame(HEADERS, END_HEADERS | END_STREAM, stream, fields({"grpc-status": "0"}))

    def frame(self, kind: int, flags: int, stream: int, content: bytes) -> None:
        self.wfile.write(len(content).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + content)


def fields(named: dict[str, str]) -> bytes:
    """Header fields as literals that nobody has to remember."""
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in named.items()
    )


def encrypted(listening: socket.socket, certificate: str) -> ssl.SSLSocket:
    """Speak TLS with a certificate and its key, one after the other in PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "tls.pem"
        file.write_text(certificate)
        context.load_cert_chain(file)
    return context.wrap_socket(listening, server_side=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


if __name__ == "__main__":
    threading.Thread(target=Server(("", 5001), Grpc).serve_forever, daemon=True).start()
    server = http.server.ThreadingHTTPServer(("", 8000), Http)
    if certificate := os.environ["CERTIFICATE"]:
        server.socket = encrypted(server.socket, certificate)
    server.serve_forever()
