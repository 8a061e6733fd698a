"""The operator, installed by its chart and by one file."""

from __future__ import annotations

import yaml

from demo import operator
from demo.kubectl import Target
from demo.operator import CHART, NAMESPACE, RELEASE, values
from sdep import __version__ as VERSION  # noqa: N812 - a constant here

SHIPPED = CHART.parent / "sdep-operator.yaml"


def test_the_operator_pod_is_found_by_v1s_label_and_may_do_next_to_nothing(target: Target) -> None:
    found = target.get("pods", "-n", NAMESPACE, "-l", "app=seldon-controller-manager")["items"]
    assert len(found) == 2
    for spec in (pod["spec"] for pod in found):
        assert spec["securityContext"]["runAsNonRoot"] is True
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_the_chart_as_one_file_is_what_helm_installs(target: Target) -> None:
    """`helm template` piped into `kubectl apply -f -` finds nothing to change beside Helm's own notes."""
    one_file = target.run("helm", "template", RELEASE, str(CHART), "-n", NAMESPACE, "--skip-tests", *values(target))
    installed = target.run("helm", "get", "manifest", RELEASE, "-n", NAMESPACE)
    assert list(yaml.safe_load_all(one_file)) == list(yaml.safe_load_all(installed))
    target.kubectl("apply", "--dry-run=server", "-f", "-", stdin=one_file)


def test_the_shipped_file_is_the_chart_with_its_default_values(target: Target) -> None:
    rendered = target.run("helm", "template", RELEASE, str(CHART), "-n", NAMESPACE, "--skip-tests")
    namespace = (CHART.parent / "namespace.yaml").read_text()
    assert SHIPPED.read_text() == namespace + rendered, "run `make generate`"


def test_the_operator_installs_from_the_shipped_file(target: Target) -> None:
    """Uninstalled by helm, installed again by kubectl, and then by helm: each time the operator comes up."""
    images = {f"sdep-{name}:{VERSION}": target.images[name] for name in ("operator", "runtime")}
    shipped = SHIPPED.read_text()
    for image, there in images.items():
        assert image in shipped
        shipped = shipped.replace(image, there)
    target.run("helm", "uninstall", RELEASE, "-n", NAMESPACE, "--wait")
    target.kubectl("apply", "-f", "-", stdin=shipped)
    operator.wait(target)
    assert len(operator.pods(target)) == 2
    operator.install(target)
