"""What one process has counted, in all forms; of several, their sum."""

from __future__ import annotations

from typing import NamedTuple

from sdep.evidence.evidence import Evidence
from sdep.evidence.watched import Watched


class Report(NamedTuple):
    """`exposition` is for Prometheus, in its text format 0.0.4; `evidence` for who judges the predictor, `watched` for who watches it."""

    exposition: str = ""
    evidence: Evidence = Evidence()
    watched: Watched = Watched()

    def encoded(self) -> bytes:
        told = (self.evidence.model_dump_json(by_alias=True), self.watched.model_dump_json(by_alias=True))
        return "\n".join((*told, self.exposition)).encode()

    @classmethod
    def decoded(cls, body: bytes) -> Report:
        evidence, watched, exposition = body.decode().split("\n", 2)
        return cls(exposition, Evidence.model_validate_json(evidence), Watched.model_validate_json(watched))
