"""The command `sdep experiment`."""

from __future__ import annotations

import argparse
import sys

from sdep.cli import options
from sdep.cli.ages import now
from sdep.cli.experiment_view import report
from sdep.cli.output import emit
from sdep.cli.session import Session, in_session
from sdep.cli.terminal import terminal
from sdep.diagnosis.experiment import experiment_view
from sdep.errors import InvalidError

DESCRIPTION = """Show what an experiment has found: what each arm did, what every metric says of each two arms, and which has won.

Exits with 0 where an arm has won, with 1 where none has, yet or at all."""
EXAMPLES = (
    "sdep experiment prices",
    "sdep experiment prices -o json | jq -r .experiment.winner",
    "kubectl wait sdep/prices --for=condition=ExperimentDecided --timeout=24h",
)


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_name(parser)
    options.add_cluster(parser)
    options.add_output(parser)


def run(given: argparse.Namespace) -> int:
    return in_session(given, lambda session: _experiment(session, given))


async def _experiment(session: Session, given: argparse.Namespace) -> int:
    body = await session.seldon_deployment(given.name)
    experiment = experiment_view(body.get("status") or {})
    if experiment is None:
        raise InvalidError("NoExperiment", f"{given.name} has no experiment: spec.experiment asks for one")
    if given.output:
        told = experiment.model_dump(mode="json", by_alias=True)
        emit({"name": given.name, "namespace": session.namespace, "experiment": told}, given.output)
    else:
        sys.stdout.write("\n".join(report(experiment, terminal(given.color), now())) + "\n")
    return 0 if experiment.winner else 1
