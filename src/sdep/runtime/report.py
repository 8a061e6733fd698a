"""What one process has counted, in both forms; of several, their sum."""

from __future__ import annotations

from typing import NamedTuple

from sdep.evidence.evidence import Evidence


class Report(NamedTuple):
    """`exposition` is for Prometheus, in its text format 0.0.4; `evidence` for who judges the predictor."""

    exposition: str = ""
    evidence: Evidence = Evidence()

    def encoded(self) -> bytes:
        return f"{self.evidence.model_dump_json(by_alias=True)}\n{self.exposition}".encode()

    @classmethod
    def decoded(cls, body: bytes) -> Report:
        evidence, _, exposition = body.decode().partition("\n")
        return cls(exposition, Evidence.model_validate_json(evidence))
