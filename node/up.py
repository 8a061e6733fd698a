"""Bringing the node up, from nothing or from whatever is there."""

from __future__ import annotations

from node import binaries, control_plane, images, istio, packages, worker
from node.api import Api
from node.boot import boot
from node.down import end, sweep
from node.health import faults, running
from node.layout import Layout
from node.problem import Problem
from node.steps import Steps


def up(layout: Layout) -> None:
    steps = Steps()
    inside = running(layout)
    if inside and not faults(inside):
        steps.say("already up, and well")
        return
    if inside:
        end(layout)
        steps.say("a node that is not well is ended")
    with steps.step("no remains of an earlier node"):
        sweep(layout)
    _prepare(layout, steps)
    _start(layout, steps)
    steps.say(f"up: export KUBECONFIG={layout.kubeconfig}  gateway: http://{layout.gateway.read_text().strip()}")


def _prepare(layout: Layout, steps: Steps) -> None:
    installed = packages.install(packages.NODE)
    steps.say(f"Debian packages: {', '.join(installed) or 'all there'}")
    binaries.provide(layout, (*binaries.NEEDED, *binaries.TOOLS), steps)
    steps.say(f"programs are in {layout.bin.relative_to(layout.checkout)}")


def _start(layout: Layout, steps: Steps) -> None:
    with steps.step("namespaces, network, certificates, forwards"):
        inside = boot(layout)
    api = Api(layout)
    with steps.step("the API server is ready"):
        control_plane.start(inside, api)
    with steps.step("containerd answers"):
        worker.start_containerd(inside)
    images.provide(inside, images.NEEDED, steps)
    with steps.step("the node is Ready"):
        worker.start_kubelet(inside, api)
    with steps.step("Services have addresses that work"):
        worker.start_proxy(inside)
    with steps.step("cluster names resolve"):
        worker.start_dns(inside, api)
    with steps.step("istiod answers and validates"):
        istio.start(inside, api)
    with steps.step("the gateway answers"):
        istio.start_gateway(api)
    if wrong := faults(inside):
        raise Problem("; ".join(wrong))
