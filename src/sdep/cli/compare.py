"""The command `sdep compare`."""

from __future__ import annotations

import argparse
import sys

from sdep.cli import options
from sdep.cli.ages import now
from sdep.cli.comparison_view import report
from sdep.cli.output import emit
from sdep.cli.session import Session, in_session
from sdep.cli.terminal import terminal
from sdep.diagnosis.comparison import comparison_views
from sdep.errors import InvalidError

DESCRIPTION = """Show what shadows would have answered, beside what clients were answered to the same requests: how many answers agree,
which labels became which, how far numbers, times and failures are apart, and what of that is beyond chance.

Exits with 0 where there is a shadow, with 1 where there is none."""
EXAMPLES = (
    "sdep compare prices",
    "sdep compare prices -o json | jq '.comparisons[] | {shadow, agreement}'",
)


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_name(parser)
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    return in_session(given, lambda session: _compare(session, given))


async def _compare(session: Session, given: argparse.Namespace) -> int:
    body = await session.seldon_deployment(given.name)
    found = comparison_views(body.get("status") or {})
    if not found:
        raise InvalidError(
            "NoShadow", f"{given.name} has no shadow that is ready: a predictor with shadow: true is one"
        )
    if given.output:
        told = [one.model_dump(mode="json", by_alias=True) for one in found]
        emit({"name": given.name, "namespace": session.namespace, "comparisons": told}, given.output)
    else:
        term, at = terminal(given.color), now()
        sys.stdout.write("\n\n".join("\n".join(report(one, term, at)) for one in found) + "\n")
    return 0
