"""What one process has counted, in all forms; of several, their sum."""

from __future__ import annotations

from typing import NamedTuple

from sdep.evidence.answers import Answers
from sdep.evidence.evidence import Evidence
from sdep.evidence.watched import Watched


class Report(NamedTuple):
    """`exposition` is for Prometheus, in its text format 0.0.4; `evidence` for who judges the predictor.

    `answers` are those of the last seconds, for who compares it with another; `watched` is for who watches its inputs.
    """

    exposition: str = ""
    evidence: Evidence = Evidence()
    answers: Answers = Answers()
    watched: Watched = Watched()

    def encoded(self) -> bytes:
        told = (
            self.evidence.model_dump_json(by_alias=True),
            self.answers.model_dump_json(),
            self.watched.model_dump_json(by_alias=True),
        )
        return "\n".join((*told, self.exposition)).encode()

    @classmethod
    def decoded(cls, body: bytes) -> Report:
        evidence, answers, watched, exposition = body.decode().split("\n", 3)
        return cls(
            exposition,
            Evidence.model_validate_json(evidence),
            Answers.model_validate_json(answers),
            Watched.model_validate_json(watched),
        )
