"""`seldon_core.proto`: the messages that the raw methods get over gRPC."""

from __future__ import annotations

from sdep.runtime.rpc import seldon_pb2 as prediction_pb2

__all__ = ["prediction_pb2"]
