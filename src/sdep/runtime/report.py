"""What one process has counted, in both forms; of several, their sum."""

from __future__ import annotations

from typing import NamedTuple

from sdep.evidence.answers import Answers
from sdep.evidence.evidence import Evidence


class Report(NamedTuple):
    """`exposition` is for Prometheus, in its text format 0.0.4; `evidence` for who judges the predictor.

    `answers` are those of the last seconds, for who compares it with another.
    """

    exposition: str = ""
    evidence: Evidence = Evidence()
    answers: Answers = Answers()

    def encoded(self) -> bytes:
        evidence, answers = self.evidence.model_dump_json(by_alias=True), self.answers.model_dump_json()
        return f"{evidence}\n{answers}\n{self.exposition}".encode()

    @classmethod
    def decoded(cls, body: bytes) -> Report:
        evidence, answers, exposition = body.decode().split("\n", 2)
        return cls(exposition, Evidence.model_validate_json(evidence), Answers.model_validate_json(answers))
