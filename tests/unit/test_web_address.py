"""The operator sends requests only where the installation lets it, whatever a manifest says."""

from __future__ import annotations

import pytest

from sdep.api.web_address import host_of, refusal
from sdep.settings import DEFAULTS, from_environment

ALLOWED = DEFAULTS.rollout_allowed_hosts


@pytest.mark.parametrize(
    "url",
    [
        "http://gate.ops.svc/canaries?x=1&y=%20",
        "https://gate.ops.svc.cluster.local:8443",
        "http://GATE.OPS.SVC./",
    ],
)
def test_services_of_the_cluster_are_allowed_by_themselves(url: str) -> None:
    assert refusal(url, ALLOWED) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8080/metrics",
        "http://metadata/computeMetadata",
        "http://2130706433/",
        "http://[::1]:8080/",
        "https://hooks.slack.com/services/T/B/x",
        "http://gate.ops.svc.evil.example/",
        "http://kubernetes.default/",
    ],
)
def test_every_other_host_is_refused_by_name_with_what_to_set(url: str) -> None:
    message = refusal(url, ALLOWED)
    assert f"sends nothing to {host_of(url)!r}" in message
    assert "rollouts.allowedHosts" in message
    assert "services/T/B" not in message


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gate.ops.svc",
        "ftp://gate.ops.svc/",
        "file:///etc/passwd",
        "http://ann:secret@gate.ops.svc/",
        "http://evil.example\\@gate.ops.svc/",
        "http://evil.example\\.gate.ops.svc/",
        "http://gate.ops.svc#@evil.example/",
        "http://gate.ops.svc/ http://evil.example",
        "http://gate.ops.svc/\nx",
        "http://gäte.ops.svc/",
        "http:///gate.ops.svc",
    ],
)
def test_what_two_parsers_might_read_in_two_ways_is_no_address(url: str) -> None:
    message = refusal(url, ("*",))
    assert "no address of the form" in message
    assert "secret" not in message


def test_an_installation_says_whom_else_and_may_say_nobody() -> None:
    environment = {"SDEP_RUNTIME_IMAGE": "r"}
    slack = from_environment({**environment, "SDEP_ROLLOUT_ALLOWED_HOSTS": "hooks.slack.com, 10.0.0.*"})
    assert refusal("https://hooks.slack.com/services/T", slack.rollout_allowed_hosts) == ""
    assert refusal("http://10.0.0.7/", slack.rollout_allowed_hosts) == ""
    assert refusal("http://gate.ops.svc/", slack.rollout_allowed_hosts)
    nobody = from_environment({**environment, "SDEP_ROLLOUT_ALLOWED_HOSTS": "-"})
    assert refusal("http://gate.ops.svc/", nobody.rollout_allowed_hosts)
