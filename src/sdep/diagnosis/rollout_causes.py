"""Why a rollout goes no further: where it stands, and the findings that keep it there."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.diagnosis.link import Link
from sdep.diagnosis.rollout import RolloutView

_STANDS = {
    "Progressing": "is on its way",
    "Paused": "is paused",
    "Promoted": "was promoted",
    "RolledBack": "was turned back",
}
_FAILED = {"AnalysisFailed": "Fail"}
"""The verdict behind a reason; other verdicts are reasons themselves."""
_ANALYSIS = "analysis"


def rollout_links(rollout: RolloutView) -> Iterator[Link]:
    """The rollout, and below it the findings behind its reason; what a person or a broken pod decided has none."""
    verdict = _FAILED.get(rollout.reason, rollout.reason)
    found = [finding for finding in rollout.findings if finding.verdict == verdict and not finding.dry_run]
    says = _stands(rollout) + (f": {rollout.because}" if rollout.because else "")
    yield Link(kind="rollout", name=rollout.canary, says=says, reason="" if found else rollout.reason)
    for finding in found:
        yield Link(kind="finding", name=finding.metric, says=finding.message, reason=finding.verdict)


def _stands(rollout: RolloutView) -> str:
    """Who brought it where it is. A message without a reason of that person's own names them already."""
    decided = rollout.decided
    by = f" by {decided.by}" if rollout.stopped and decided and decided.by != _ANALYSIS and decided.why else ""
    at = f" at {rollout.place}" if rollout.place else ""
    return f"{_STANDS.get(rollout.phase, rollout.phase)}{by}{at}"
