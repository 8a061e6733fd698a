"""The command `sdep render`."""

from __future__ import annotations

import argparse

from sdep.cli import offline, options
from sdep.cli.documents import read
from sdep.cli.output import emit_objects
from sdep.plan import Plan
from sdep.render import render
from sdep.rollout.weights import requested

DESCRIPTION = """Print the objects that a manifest would become, without a cluster and without a registry.

A model that --models does not pin is rendered by its reference. The operator's settings are its defaults unless given:
a file of --settings names them as in src/sdep/settings.py, without the prefix SDEP_."""
EXAMPLES = (
    "sdep render deployment.yaml",
    "sdep render --models price=3 --set istio_enabled=false manifests/",
    "sdep render --models main/price=s3://models/price/3 deployment.yaml",
    "kubectl get sdep prices -o yaml > live.yaml && sdep render --models live.yaml deployment.yaml",
)


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_files(parser)
    options.add_models(parser)
    options.add_settings(parser)
    parser.add_argument("-n", "--namespace", default="default", help="for manifests that name none (default: default)")
    parser.add_argument("-o", "--output", choices=options.FORMATS, default="yaml", help="default: yaml")


def run(given: argparse.Namespace) -> int:
    settings = offline.chosen_settings(given, {})
    made = []
    for document in read(given.files):
        sdep = offline.valid(document.body, given.namespace, settings)
        plan = Plan(sdep, offline.pins(sdep, given.models), requested(sdep.spec.predictors), settings)
        made += [manifest.body for manifest in render(plan)]
    emit_objects(made, given.output)
    return 0
